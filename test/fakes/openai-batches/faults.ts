// What goes wrong at the doors of the fake, by script.

/** Which requests, and what becomes of them: `{ method: "POST", path: "/files", cut: "upload" }`. */
export type Fault = FaultKind & {
  method?: "GET" | "POST" | "DELETE";
  /** How the path ends, without the query. Default: any. */
  path?: string;
  /** How many such requests are met with it. Default 1. */
  times?: number;
};

export type FaultKind =
  /** In place of an answer. A text is sent as it is. */
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /**
   * The connection breaks: with the first bytes of the body; when the request is there, before anything is done; when all is
   * done, in place of the answer; or after so many bytes of the answer.
   */
  | { cut: "upload" | "request" | "answer" | number };

export class Faults {
  readonly #open: { fault: Fault; left: number }[] = [];

  /** They are met in this order: one request meets one fault. */
  add(...faults: Fault[]): void {
    for (const fault of faults) this.#open.push({ fault, left: fault.times ?? 1 });
  }

  take(method: string, path: string): Fault | undefined {
    const isMet = ({ fault, left }: { fault: Fault; left: number }) =>
      left > 0 && (fault.method ?? method) === method && path.endsWith(fault.path ?? "");
    const open = this.#open.find(isMet);
    if (open) open.left--;
    return open?.fault;
  }
}
