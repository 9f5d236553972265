// Errors as they are kept in jobs and results, and as errors again.
import { BesedaError, type JobError } from "@beseda/core";

/** What has no value is left out. The cause is not kept: it may hold anything. */
export function plainError(error: BesedaError): JobError {
  const { code, message, hint, retryAfterMs, requestId, traceId, status } = error;
  const details = { hint, retryAfterMs, requestId, traceId, status };
  const known = Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
  return { code, message, ...known, ...(error.isRetryable && { isRetryable: true }) };
}

export function revivedError({ message, ...details }: JobError): BesedaError {
  return new BesedaError(message, details);
}
