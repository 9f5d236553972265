// One error type. Its message says what happened, its hint what to do next.

export type ErrorCode =
  /** what the caller passed cannot be used */
  | "invalid-argument"
  /** a key, a model or another setting is missing */
  | "missing-setting"
  /** the service does not accept the key, or the key may not do this */
  | "unauthorized"
  /** no such model, thread, address */
  | "not-found"
  /** too many requests, or a quota is used up */
  | "rate-limited"
  /** the service refuses the request as it stands; sending it again will not help */
  | "rejected"
  /** the service cannot be reached or is failing */
  | "unavailable"
  /** a time limit of ours ran out */
  | "timeout"
  /** the service answered something that is no answer */
  | "bad-response"
  /** a cap on size was reached */
  | "too-large"
  /** the caller stopped it */
  | "aborted"
  /** the model repeats the same call and does not take the answer */
  | "tool-loop"
  /** another process holds it */
  | "locked"
  /** a stored file cannot be read */
  | "damaged"
  /** the model or the adapter cannot do this */
  | "unsupported"
  /** anything else: a defect, ours or of the code that was plugged in */
  | "internal";

export type ErrorDetails = {
  code: ErrorCode;
  /** What to do next, a sentence. */
  hint?: string | undefined;
  /** Whether the same call may succeed later. */
  isRetryable?: boolean | undefined;
  /** How long the service asked to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** The service's own id of the request, for its support. */
  requestId?: string | undefined;
  /** The service's id of the trace, where it tells one besides that of the request. */
  traceId?: string | undefined;
  /** The HTTP status. */
  status?: number | undefined;
  cause?: unknown;
};

export class BesedaError extends Error {
  override readonly name = "BesedaError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly isRetryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly traceId: string | undefined;
  readonly status: number | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.hint = details.hint;
    this.isRetryable = details.isRetryable ?? false;
    this.retryAfterMs = details.retryAfterMs;
    this.requestId = details.requestId;
    this.traceId = details.traceId;
    this.status = details.status;
  }

  /** The same error, told otherwise in some point. */
  with({ message = this.message, ...changes }: Partial<ErrorDetails> & { message?: string }): BesedaError {
    const { code, hint, isRetryable, retryAfterMs, requestId, traceId, status, cause } = this;
    const details = { code, hint, isRetryable, retryAfterMs, requestId, traceId, status, cause };
    return new BesedaError(message, { ...details, ...changes });
  }

  /** Message and hint in one line, for people. */
  get advice(): string {
    if (!this.hint) return this.message;
    return `${this.message}${/[.!?…:]$/.test(this.message) ? "" : "."} ${this.hint}`;
  }
}

/** Whatever was thrown, as one of ours. Anything can be thrown, even a Proxy that throws when it is looked at. */
export function toBesedaError(thrown: unknown): BesedaError {
  let isAbort = false;
  try {
    if (thrown instanceof BesedaError) return thrown;
    // what a DOMException and Node's own errors are called when a signal was the cause
    isAbort = thrown instanceof Error && thrown.name === "AbortError";
  } catch {}
  return isAbort
    ? new BesedaError("The run was stopped.", { code: "aborted", cause: thrown })
    : new BesedaError(describeThrown(thrown), { code: "internal", cause: thrown });
}

const longest = 2_000;

/** A line about anything that can be thrown: `undefined`, a Proxy, an object whose getters throw. At most 2,000 characters. */
export function describeThrown(thrown: unknown): string {
  let text: string;
  try {
    if (thrown instanceof BesedaError) text = thrown.advice;
    else if (thrown instanceof Error) text = String(thrown.message) || thrown.name;
    else if (typeof thrown === "string") text = thrown || "an empty text was thrown";
    else if (thrown === null || typeof thrown !== "object") text = `${String(thrown)} was thrown`;
    else text = JSON.stringify(thrown) ?? "an object was thrown";
  } catch {
    text = "something was thrown that cannot be described";
  }
  const short = text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
  return short.toWellFormed();
}
