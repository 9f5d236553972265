// Whatever a model of the AI SDK throws, or streams as an error, as one of ours. Nothing that was sent is in it.
import { BesedaError, describeThrown, type ErrorCode } from "@beseda/core";
import { connectionError, errorInBody, excerpt, statusError } from "@beseda/core/http";

/** What the AI SDK's APICallError has, as far as it may be looked at: besides, it holds the whole conversation. */
type ApiCallError = Error & {
  url: string;
  statusCode?: number;
  responseHeaders?: Record<string, string>;
  responseBody?: string;
  isRetryable: boolean;
};

/** Never throws. The AI SDK's own error is not its `cause`, because that would show what was sent. */
export function fromAiError(thrown: unknown): BesedaError {
  if (thrown instanceof BesedaError) return thrown;
  const error = thrown instanceof Error ? fromError(thrown) : fromStreamed(thrown);
  return withoutKeys(error);
}

/** Where the failed call went to; nothing where the error does not say. */
export function addressIn(thrown: unknown): string | undefined {
  return isApiCallError(thrown) && URL.canParse(thrown.url) ? thrown.url : undefined;
}

function fromError(error: Error): BesedaError {
  if (isApiCallError(error)) return fromCallError(error);
  if (isBroken(error)) {
    return new BesedaError("The connection broke off in the middle of the reply.", {
      code: "unavailable",
      hint: "Try again.",
      isRetryable: true,
      cause: error.cause,
    });
  }
  const code = codes[error.name] ?? "internal";
  const isRetryable = code === "bad-response";
  return new BesedaError(excerpt(describeThrown(error)), { code, hint: hints[code], isRetryable });
}

function fromCallError(error: ApiCallError): BesedaError {
  const { statusCode: status, responseHeaders: headers = {}, responseBody, message, isRetryable } = error;
  const address = addressIn(error);
  if (address === undefined) return new BesedaError(excerpt(message), { code: "unavailable", isRetryable });
  const url = new URL(address);
  if (status === undefined) return connectionError(ofSocket(error), url, false);
  if (status < 400 && isBroken(error.cause)) return connectionError(ofSocket(error), url, true);
  if (status >= 400) return statusError({ url, status, headers, body: responseBody || message });
  return new BesedaError(`${url.origin} answered ${status} with something else: ${excerpt(message)}`, {
    code: "bad-response",
    hint: `Check that ${url.origin}${url.pathname} is the address of the service.`,
    status,
    isRetryable,
  });
}

/** fetch's words for a connection that could not be made or that broke. */
function isBroken(thrown: unknown): boolean {
  return thrown instanceof TypeError && /fetch failed|terminated|network/i.test(thrown.message);
}

/** What the socket gave: fetch puts it into an error of its own, and the AI SDK that one into another. */
function ofSocket(error: Error): Error {
  const ofFetch = error.cause instanceof Error ? error.cause : error;
  return ofFetch.cause instanceof Error ? ofFetch.cause : ofFetch;
}

/** A service's own words, out of the middle of a stream. */
function fromStreamed(reported: unknown): BesedaError {
  const error = errorInBody({ error: reported });
  return error ?? new BesedaError("The service reported an error.", { code: "unavailable", isRetryable: true });
}

/** The names of the AI SDK's errors. */
const codes: Record<string, ErrorCode> = {
  AI_LoadAPIKeyError: "missing-setting",
  AI_LoadSettingError: "missing-setting",
  AI_NoSuchModelError: "not-found",
  AI_UnsupportedFunctionalityError: "unsupported",
  AI_InvalidArgumentError: "invalid-argument",
  AI_InvalidPromptError: "invalid-argument",
  AI_EmptyResponseBodyError: "bad-response",
  AI_InvalidResponseDataError: "bad-response",
  AI_JSONParseError: "bad-response",
  AI_NoContentGeneratedError: "bad-response",
  AI_TypeValidationError: "bad-response",
};

const hints: Partial<Record<ErrorCode, string>> = {
  "missing-setting": "Give it to the provider, or set the variable that it names.",
  unsupported: "Leave it out, or take a model that can do it.",
  "bad-response": "Try again, and check the address that the provider was given.",
};

function isApiCallError(thrown: unknown): thrown is ApiCallError {
  return thrown instanceof Error && thrown.name === "AI_APICallError";
}

/** Credentials by their looks, for they are known to the provider only; services repeat them now and then. */
function withoutKeys(error: BesedaError): BesedaError {
  let message = error.message.replace(/\b(Bearer|Basic|Api-Key) +[^\s"']+/g, "$1 ***").replace(knownKey, "***");
  if (error.code === "unauthorized") message = message.replace(longToken, "***");
  if (message === error.message) return error;
  const { code, hint, isRetryable, retryAfterMs, requestId, status } = error;
  return new BesedaError(message, { code, hint, isRetryable, retryAfterMs, requestId, status });
}

const knownKey = /(?<![\w-])(?:sk|pk|rk|gsk|xai|pplx|key)[-_][^\s"',;]{6,}/gi;
/** 24 letters and digits, mixed. */
const longToken = /(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{24,}/gi;
