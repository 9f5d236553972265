// What went wrong, told from a status, a body or a broken connection: one error that says what to do next.
import { BesedaError, type ErrorCode } from "../errors.ts";

export type ReplyHeaders = Readonly<Record<string, string | string[] | undefined>>;

export type ReplyHead = { readonly status: number; readonly headers: ReplyHeaders };

export type FailedReply = { url: URL; status: number; headers: ReplyHeaders; body: string };

/** The error for a reply that is not 2xx. */
export function statusError({ url, status, headers, body }: FailedReply): BesedaError {
  const said = saidIn(parsed(body));
  const text = said.text ?? excerpt(body);
  const waitMs = retryAfterMs(headers, Date.now());
  const code = isTooLong(status, said) ? "too-large" : codeOf(status);
  const location = headerOf(headers, "location");
  return new BesedaError(`${url.origin} answered ${status}${text ? `: ${text}` : "."}`, {
    code,
    // Not followed: the key would go along.
    hint: status < 400 && location ? `It points to ${location}: use that address.` : hintFor(code, url, waitMs),
    isRetryable: isRetryable(status, headers, said.kind),
    retryAfterMs: waitMs,
    ...idsOf(headers, said.requestId),
    status,
  });
}

/**
 * The error that a body or an event of a 200 reply holds, in any of the shapes that are in use: `{error: {message, code,
 * type}}`, `{error: "…"}`, `{error: {error: "…"}}`, Yandex's `{error: {grpcCode, httpCode, message}}`, gRPC's `{error: {code:
 * 3, message}}`. Nothing where it holds none.
 */
export function errorInBody(body: unknown): BesedaError | undefined {
  if (!isObject(body) || body.error === undefined || body.error === null || body.error === false) return undefined;
  const said = saidIn(body);
  const { text = "without saying why", kind, status } = said;
  const code = isTooLong(status, said) ? "too-large" : status ? codeOf(status) : codeOfKind(kind);
  return new BesedaError(`The service reported an error: ${text}`, {
    code,
    isRetryable: status
      ? isRetryable(status, {}, kind)
      : ["unavailable", "rate-limited"].includes(code) && !isUsedUp(kind),
    requestId: said.requestId,
    status,
  });
}

/** The error with the status and the id of the reply that it was found in, where there is one and it does not bring its own. */
export function aboutReply(error: BesedaError, reply: ReplyHead): BesedaError {
  const ids = idsOf(reply.headers);
  const { requestId = ids.requestId, traceId = ids.traceId, status = reply.status || undefined } = error;
  return error.with({ requestId, traceId, status });
}

/** Something that was to be events or JSON and is neither. */
export function wrongContent(reply: ReplyHead & { url: URL }, body: string): BesedaError {
  const { url, status, headers } = reply;
  const type = headerOf(headers, "content-type") ?? "no content type";
  return new BesedaError(`${url.origin} answered ${status} with something else (${type}): ${excerpt(body)}`, {
    code: "bad-response",
    hint: `Check that ${url.origin}${url.pathname} is the address of the service.`,
    status,
    ...idsOf(headers),
  });
}

/** undici's or Node's error of a connection. `hasBegun`: the headers of the reply had come. */
export function connectionError(cause: Error, { origin, protocol }: URL, hasBegun: boolean): BesedaError {
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (code === "UND_ERR_INVALID_ARG") {
    return new BesedaError(`The request cannot be sent: ${cause.message}.`, {
      code: "invalid-argument",
      hint: "A header holds a character that HTTP does not allow; often it is a letter that slipped into the key.",
      cause,
    });
  }
  if (/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) {
    return new BesedaError(`The certificate of ${origin} is not trusted (${code}).`, {
      code: "unavailable",
      hint: "Where it is signed by your own authority, name its file in NODE_EXTRA_CA_CERTS.",
      cause,
    });
  }
  if (!hasBegun && (cause.name === "HTTPParserError" || /EPROTO|WRONG_VERSION/.test(code))) {
    const other = protocol === "https:" ? "http:" : "https:";
    return new BesedaError(`What ${origin} answers is not ${protocol.slice(0, -1)}.`, {
      code: "bad-response",
      hint: `Perhaps the address begins with ${other}//.`,
      cause,
    });
  }
  const what = hasBegun ? "broke off in the middle of the reply" : "failed";
  return new BesedaError(`The connection to ${origin} ${what}${code ? ` (${code})` : ""}.`, {
    code: "unavailable",
    hint: hasBegun ? "Try again." : `Is a server running at ${origin}, and can it be reached from here?`,
    isRetryable: true,
    cause,
  });
}

/** A longer wait, 3 years, is none: all who use the key would be silent for ever. */
const longestWaitMs = 1e11;

/** What the service asks for: `retry-after-ms`, then `retry-after` in seconds or as an HTTP date. Nonsense is nothing. */
export function retryAfterMs(headers: ReplyHeaders, now: number): number | undefined {
  const ms = askedWaitMs(headers, now);
  return ms !== undefined && ms < longestWaitMs ? ms : undefined;
}

function askedWaitMs(headers: ReplyHeaders, now: number): number | undefined {
  const ms = Number.parseFloat(headerOf(headers, "retry-after-ms") ?? "");
  if (ms >= 0) return ms;
  const text = headerOf(headers, "retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  // "-5" and "5 minutes" are dates to Date.parse; a date of HTTP names its month.
  const date = /[a-z]{3}/i.test(text) && /\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** The first value, where the header came more than once. */
export function headerOf(headers: ReplyHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** White space made one, at most 200 characters. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}

function codeOf(status: number): ErrorCode {
  if (status === 401 || status === 403) return "unauthorized";
  if (status === 404 || status === 410) return "not-found";
  if (status === 402 || status === 429) return "rate-limited";
  if (status === 408 || status === 409 || status === 425) return "unavailable";
  if (status === 501) return "unsupported";
  if (status >= 500) return "unavailable";
  return status < 400 ? "bad-response" : "rejected";
}

/** More than the model can take at once; another one may. Most services have no status for it, but say one of these. */
function isTooLong(status: number | undefined, { kind, text = "" }: Said): boolean {
  if (status === 413) return true;
  if (status !== undefined && status !== 400 && status !== 422) return false;
  return /context_length|context_size/.test(kind) || /maximum context length|prompt is too long/i.test(text);
}

/** By the words that services use for the kind of an error where there is no status. */
function codeOfKind(kind: string): ErrorCode {
  if (/auth|permission|api_key/.test(kind)) return "unauthorized";
  if (/rate_limit|quota|insufficient|resource_exhausted/.test(kind)) return "rate-limited";
  if (/not_found/.test(kind)) return "not-found";
  return /invalid|context_length|content|bad_request|rejected/.test(kind) ? "rejected" : "unavailable";
}

function isRetryable(status: number, headers: ReplyHeaders, kind: string): boolean {
  const wish = headerOf(headers, "x-should-retry");
  if (wish === "true" || wish === "false") return wish === "true";
  if (isUsedUp(kind)) return false;
  return [408, 409, 425, 429].includes(status) || (status >= 500 && status !== 501);
}

/** The quota or the money: that does not come back by itself. */
function isUsedUp(kind: string): boolean {
  return /insufficient_quota|billing|insufficient_balance/.test(kind);
}

function hintFor(code: ErrorCode, url: URL, waitMs: number | undefined): string {
  switch (code) {
    case "unauthorized":
      return "Check the API key, and what it is allowed to do.";
    case "not-found":
      return `Check the name of the model, and the address ${url.origin}${url.pathname}.`;
    case "rate-limited":
      return waitMs ? `The service asks to wait ${Math.ceil(waitMs / 1000)} s.` : "Wait, or ask for a larger quota.";
    case "too-large":
      return "Send less: a shorter window of the thread, fewer tools, smaller files. Or ask a model with a longer context.";
    case "unavailable":
      return waitMs ? `The service asks to wait ${Math.ceil(waitMs / 1000)} s.` : "Try again later.";
    default:
      return "Sending the same again will not help: the request has to be changed.";
  }
}

/** `kind` is everything that a program may go by, lower case, words joined by `_`. */
type Said = { text: string | undefined; kind: string; status?: number; requestId?: string | undefined };

function saidIn(body: unknown): Said {
  if (!isObject(body)) return { text: undefined, kind: "" };
  const { error } = body;
  const inner = isObject(error) ? error : body;
  const texts = [isObject(error) ? error.error : error, inner.message, body.message, inner.detail, inner.details];
  const text =
    texts.find((each) => typeof each === "string" && each !== "") ?? (inner.detail ? inner.detail : undefined);
  const grpcCode = [inner.grpcCode, inner.code].find((each) => typeof each === "number");
  const status =
    [inner.httpCode, inner.status, inner.code, inner.status_code].map(Number).find(isStatus) ??
    statusesOfGrpc[grpcCode ?? 0];
  const kind = [inner.type, inner.code, inner.status].filter((each) => typeof each === "string").join(" ");
  return {
    text: text === undefined ? undefined : shortened(typeof text === "string" ? text : JSON.stringify(text)),
    kind: kind.toLowerCase().replace(/[\s-]+/g, "_"),
    ...(status !== undefined && { status }),
    requestId: requestIdIn(inner.details),
  };
}

/** The HTTP statuses of gRPC's codes, which are their places here: 0 is none, 3 INVALID_ARGUMENT, 16 UNAUTHENTICATED. */
const statusesOfGrpc: readonly (number | undefined)[] = [
  ...[undefined, 499, 500, 400, 504, 404, 409, 403, 429],
  ...[400, 409, 400, 501, 500, 503, 500, 401],
];

/** Among the details of gRPC: `{"@type": "type.googleapis.com/google.rpc.RequestInfo", requestId}`. */
function requestIdIn(details: unknown): string | undefined {
  if (!Array.isArray(details)) return undefined;
  const ids = details.map((each: unknown) => (isObject(each) ? each.requestId : undefined));
  return ids.find((id): id is string => typeof id === "string" && id !== "");
}

function isStatus(code: number): boolean {
  return Number.isInteger(code) && code >= 400 && code < 600;
}

function shortened(text: string): string {
  return text.length > 1_000 ? `${text.slice(0, 1_000)}…` : text;
}

/** What the service calls the request; `said` in the body, where the headers do not say. */
function idsOf(headers: ReplyHeaders, said?: string) {
  return { requestId: requestIdOf(headers) ?? said, traceId: headerOf(headers, "x-server-trace-id") };
}

/** By the names that services give it. */
export function requestIdOf(headers: ReplyHeaders): string | undefined {
  for (const name of ["x-request-id", "request-id", "x-server-trace-id", "x-client-request-id", "cf-ray"]) {
    const id = headerOf(headers, name);
    if (id) return id;
  }
  return undefined;
}

function parsed(body: string): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? value[0] : value;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** A stream that ended before the model had finished. */
export function cutOff(): BesedaError {
  return new BesedaError("The reply was cut off: the stream ended before the model had finished.", {
    code: "unavailable",
    hint: "Try again. If it happens at the same point each time, look at the limits of the proxy before the service.",
    isRetryable: true,
  });
}
