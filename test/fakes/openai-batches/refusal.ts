// What the fake says no with: OpenAI's error.
export class Refusal extends Error {
  readonly status: number;
  readonly code: string | null;
  readonly param: string | null;

  constructor(status: number, message: string, { code = null, param = null }: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.param = param;
  }

  get body(): { error: Record<string, unknown> } {
    const type = this.status >= 500 ? "server_error" : this.status === 429 ? "tokens" : "invalid_request_error";
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}

type RefusalDetails = { code?: string | null; param?: string | null };
