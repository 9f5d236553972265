// A gRPC status as the one error there is: what happened, and what to do next.
import { BesedaError, type ErrorCode } from "@beseda/core";
import { toYandexError } from "../connection/yandex-error.ts";

export type GrpcStatus = { code: number; message: string };

type Meaning = { name: string; http: number; code: ErrorCode; hint: string; isRetryable?: true };

export const codes = {
  deadlineExceeded: 4,
  notFound: 5,
  permissionDenied: 7,
  resourceExhausted: 8,
  unavailable: 14,
  unauthenticated: 16,
} as const;

const changeIt = "Sending the same again will not help: the request has to be changed.";
const later = "Try again later.";
const roles =
  "It needs the role ai.editor, or ai.datasets.editor and ai.models.editor; a key needs the scope yc.ai.foundationModels.execute.";

/** By the number of the code. HTTP statuses: Yandex Cloud's API design guide. */
const meanings: Readonly<Record<number, Meaning>> = {
  1: { name: "CANCELLED", http: 499, code: "aborted", hint: "Somebody called it off." },
  2: { name: "UNKNOWN", http: 500, code: "unavailable", hint: later, isRetryable: true },
  3: { name: "INVALID_ARGUMENT", http: 400, code: "rejected", hint: changeIt },
  4: { name: "DEADLINE_EXCEEDED", http: 504, code: "timeout", hint: later, isRetryable: true },
  5: { name: "NOT_FOUND", http: 404, code: "not-found", hint: "Check the id, and that it belongs to this folder." },
  6: { name: "ALREADY_EXISTS", http: 409, code: "rejected", hint: "Give it another name." },
  7: { name: "PERMISSION_DENIED", http: 403, code: "unauthorized", hint: `The account may not do this. ${roles}` },
  8: {
    name: "RESOURCE_EXHAUSTED",
    http: 429,
    code: "rate-limited",
    hint: "Wait, or ask the support for a larger quota.",
    isRetryable: true,
  },
  9: { name: "FAILED_PRECONDITION", http: 400, code: "rejected", hint: "It is not in the state that this needs." },
  10: { name: "ABORTED", http: 409, code: "unavailable", hint: later, isRetryable: true },
  11: { name: "OUT_OF_RANGE", http: 400, code: "rejected", hint: changeIt },
  12: { name: "UNIMPLEMENTED", http: 501, code: "unsupported", hint: "Check the endpoint: this server cannot do it." },
  13: { name: "INTERNAL", http: 500, code: "unavailable", hint: later, isRetryable: true },
  14: { name: "UNAVAILABLE", http: 503, code: "unavailable", hint: later, isRetryable: true },
  15: { name: "DATA_LOSS", http: 500, code: "unavailable", hint: later, isRetryable: true },
  16: {
    name: "UNAUTHENTICATED",
    http: 401,
    code: "unauthorized",
    hint: "Check the API key or the token: it is unknown, or has expired.",
  },
};

const unknown: Meaning = { name: "an unknown code", http: 500, code: "unavailable", hint: later };

/** @param who such as the origin, or `The operation fds…` */
export function grpcError(
  { code, message }: GrpcStatus,
  who: string,
  more: { requestId?: string | undefined; traceId?: string | undefined } = {},
): BesedaError {
  const { name, http, code: kind, hint, isRetryable } = meanings[code] ?? unknown;
  const error = new BesedaError(`${who} answered ${name}${message ? `: ${message}` : "."}`, {
    code: kind,
    hint,
    isRetryable,
    status: http,
    ...more,
  });
  // What it advises about roles and missing things is about models.
  return code === codes.permissionDenied || code === codes.notFound ? error : toYandexError(error);
}

/** What grpc-js says by itself, before or after the service was reached. Nothing for what the service says. */
export function ownError({ code, message }: GrpcStatus, origin: string): BesedaError | undefined {
  if (/message larger than max/.test(message)) {
    return new BesedaError(`The message is too large: ${message}.`, {
      code: "too-large",
      hint: "Ask for less.",
    });
  }
  if (!wasNeverSent({ code, message })) return undefined;
  if (/certificate|self.signed|unable to verify|altname/i.test(message)) {
    return new BesedaError(`The certificate of ${origin} is not trusted.`, {
      code: "unavailable",
      hint: "Where it is signed by your own authority, pass rootCertificates, or name its file in NODE_EXTRA_CA_CERTS.",
    });
  }
  const tls = origin.startsWith("https:") ? "with TLS" : "without TLS";
  const reason = /Last error: (?:Error: )?(.*?)[\s.]*Resolution note/s.exec(message)?.[1] ?? message;
  return new BesedaError(`The connection to ${origin} failed: ${reason.slice(0, 300)}.`, {
    code: "unavailable",
    hint: `Does a server speak gRPC ${tls} at ${origin}, and can it be reached from here?`,
    isRetryable: true,
  });
}

/** There was no connection: whatever was asked, the service has not heard of it. */
export function wasNeverSent({ code, message }: GrpcStatus): boolean {
  if (code === codes.deadlineExceeded) return message.includes("Waiting for LB pick");
  return code === codes.unavailable && /^(No connection established|Name resolution failed)/.test(message);
}
