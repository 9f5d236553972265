// For requests that cost money each time they are accepted: sent again only where it is sure that they were not.
import type { BesedaError } from "@beseda/core";
import type { Guard, RetriedRequest, Visit } from "@beseda/core/http";

/**
 * What the service itself has refused (a quota, a token that has run out, its own failure, which is free of charge by its
 * pricing policy) and what never reached it goes by the retry policy. After anything else, a connection that breaks or a
 * proxy that gives up, nobody knows whether it was accepted: that is told, and left to the caller. The service is sent a key
 * by which it could tell a repetition, but whether it looks at it is not documented.
 */
export function sentOnce(request: RetriedRequest): RetriedRequest {
  return { ...request, guard: onceFor(request.guard ?? { begin: unguarded }) };
}

/** The same one for the same guard: who shares that shares the pauses that the service asks for. */
const guards = new WeakMap<Guard, Guard>();

function onceFor(guard: Guard): Guard {
  const known = guards.get(guard) ?? { begin: () => once(guard.begin()) };
  guards.set(guard, known);
  return known;
}

function once(visit: Visit): Visit {
  let isSent = false;
  return {
    async admit(signal) {
      isSent = false;
      const headers = await visit.admit(signal);
      isSent = true;
      return headers;
    },
    failed(error) {
      const told = visit.failed(error);
      if (!isSent || !error.isRetryable || wasNotAccepted(error)) return told;
      return { error: unsure(told.error), again: "never" };
    },
    end: () => visit.end(),
  };
}

function unguarded(): Visit {
  return { admit: () => ({}), failed: (error) => ({ error }), end: () => {} };
}

function wasNotAccepted({ status, cause }: BesedaError): boolean {
  if (status !== undefined) return status === 429 || status === 500 || status === 503;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT/.test(code);
}

function unsure(error: BesedaError): BesedaError {
  return error.with({
    isRetryable: false,
    hint: "It is not known whether the service has accepted the request, and each accepted one is billed: it was not sent again by itself. Call again to risk that.",
  });
}
