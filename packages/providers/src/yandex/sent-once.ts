// For requests that cost money each time they are accepted: sent again only where it is sure that they were not.
import { BesedaError } from "@beseda/core";
import type { RetriedRequest } from "@beseda/core/http";

/**
 * What the service itself has refused (a quota, a token that has run out, its own failure, which is free of charge by its
 * pricing policy) and what never reached it goes by the retry policy. After anything else, a connection that breaks or a
 * proxy that gives up, nobody knows whether it was accepted: that is told, and left to the caller. The service is sent a key
 * by which it could tell a repetition, but whether it looks at it is not documented.
 */
export function sentOnce(request: RetriedRequest): RetriedRequest {
  const { guard } = request;
  const begin = () => {
    const visit = guard?.begin();
    return {
      admit: (signal: AbortSignal | undefined) => visit?.admit(signal) ?? {},
      failed(error: BesedaError) {
        const told = visit?.failed(error) ?? { error };
        if (!error.isRetryable || wasNotAccepted(error)) return told;
        return { error: unsure(told.error), again: "never" as const };
      },
      end: () => visit?.end(),
    };
  };
  return { ...request, guard: { begin } };
}

function wasNotAccepted({ status, cause }: BesedaError): boolean {
  if (status !== undefined) return status === 429 || status === 500 || status === 503;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT/.test(code);
}

function unsure({ message, code, requestId, status, cause }: BesedaError): BesedaError {
  return new BesedaError(message, {
    code,
    hint: "It is not known whether the service has accepted the request, and each accepted one is billed: it was not sent again by itself. Call again to risk that.",
    requestId,
    status,
    cause,
  });
}
