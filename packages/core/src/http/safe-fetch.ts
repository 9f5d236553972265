// The one door for URLs that a model or a user chose: nothing inside the network can be reached through it.
import { pipeline, type Readable } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import type { Agent, Dispatcher } from "undici";
import { BesedaError, describeThrown, type ErrorCode } from "../errors.ts";
import { headerOf } from "./reply-error.ts";
import { type AddressRules, checkedUrl, guardedConnector, redirectTarget } from "./safe-address.ts";

export type SafeFetchOptions = AddressRules & {
  /** Whether a body of this media type (lower case, without parameters, empty where none was named) is wanted. */
  allowType(mediaType: string): boolean;
  /** Sent to the first origin only, except `accept`, `accept-language` and `user-agent`, which follow redirects. */
  headers?: Readonly<Record<string, string>>;
  /** Default 80 and 443. */
  ports?: readonly number[];
  /** Cap on the body, both as it was sent and decompressed. Default 2,000,000 bytes. */
  maxBytes?: number;
  /** For everything together: name resolution, redirects and body. Default 10,000. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
};

/** `url` is the one that answered, after redirects. `contentType` is the whole header. */
export type SafeResponse = { url: string; contentType: string; body: Uint8Array };

const maxRedirects = 5;

/**
 * GETs a URL that is not trusted. Ignores proxy variables and the global dispatcher; follows at most 5 redirects, each
 * checked anew; an answer other than 2xx is an error.
 * @throws BesedaError `invalid-argument` for an address that may not be reached, `not-found`, `rejected`,
 * `rate-limited`, `unavailable`, `bad-response`, `too-large`, `timeout`; the signal's reason when it is aborted.
 */
export async function safeFetch(address: string, options: SafeFetchOptions): Promise<SafeResponse> {
  const { ports = [80, 443], timeoutMs = 10_000, signal } = options;
  signal?.throwIfAborted();
  const first = checkedUrl(address, ports);
  // Loaded with the first page: undici takes 100 ms.
  const undici = await import("undici");
  signal?.throwIfAborted();
  const agent = new undici.Agent({ connect: guardedConnector(undici.buildConnector, options) });
  let stopped: { reason: unknown } | undefined;
  // undici does not look at a signal until it is connected; a destroyed agent gives up at any point.
  const stop = (reason: unknown) => {
    stopped ??= { reason };
    void agent.destroy();
  };
  const onAbort = () => stop(signal?.reason);
  const onTimeout = () => stop(failure("timeout", `${first.host} did not answer in ${timeoutMs} ms.`));
  const timer = setTimeout(onTimeout, timeoutMs);
  signal?.addEventListener("abort", onAbort);
  try {
    return await follow(first, agent, ports, options);
  } catch (error) {
    throw stopped ? stopped.reason : explained(error, first);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
    await agent.destroy();
  }
}

async function follow(
  first: URL,
  agent: Agent,
  ports: readonly number[],
  { headers = {}, allowType, maxBytes = 2_000_000 }: SafeFetchOptions,
): Promise<SafeResponse> {
  let url = first;
  let sent = headers;
  for (let redirects = 0; ; redirects++) {
    const response = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: "GET",
      headers: { ...sent, "accept-encoding": "gzip, br" },
    });
    const location = headerOf(response.headers, "location");
    if (![301, 302, 303, 307, 308].includes(response.statusCode) || !location) {
      return await read(url, response, allowType, maxBytes);
    }
    discard(response.body);
    if (redirects === maxRedirects)
      throw failure("rejected", `${first.host} redirects more than ${maxRedirects} times.`);
    const target = redirectTarget(url, location, ports);
    if (target.origin !== url.origin) sent = withoutPrivate(sent);
    url = target;
  }
}

async function read(
  url: URL,
  { statusCode, headers, body }: Dispatcher.ResponseData,
  allowType: SafeFetchOptions["allowType"],
  maxBytes: number,
): Promise<SafeResponse> {
  const contentType = headerOf(headers, "content-type") ?? "";
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const problem =
    statusCode < 200 || statusCode > 299
      ? failure(codeOfStatus(statusCode), `${url.host} answered with status ${statusCode}.`, { status: statusCode })
      : !allowType(mediaType)
        ? failure("unsupported", `${url.host} answered with ${mediaType || "no content type"}, which is not read here.`)
        : Number(headerOf(headers, "content-length")) > maxBytes
          ? tooLarge(maxBytes)
          : undefined;
  if (problem) {
    discard(body);
    throw problem;
  }
  const chunks: Uint8Array[] = [];
  const plain = decompressed(body, headerOf(headers, "content-encoding") ?? "", maxBytes);
  for await (const chunk of capped(plain, maxBytes)) chunks.push(chunk);
  return { url: url.href, contentType, body: Buffer.concat(chunks) };
}

const decoders: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

function decompressed(body: Readable, encoding: string, maxBytes: number): AsyncIterable<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity") return body;
  // A list such as "gzip, gzip" has no decoder: a bomb in a bomb is not unpacked.
  const decoder = Object.hasOwn(decoders, name) ? decoders[name] : undefined;
  if (!decoder) {
    discard(body);
    throw failure("bad-response", `The server compressed its answer in an unknown way (${encoding}).`);
  }
  // The error comes out of the last stream, where it is awaited.
  return pipeline(
    body,
    (source: Readable) => capped(source, maxBytes),
    decoder(),
    () => {},
  );
}

async function* capped(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    size += chunk.byteLength;
    if (size > maxBytes) throw tooLarge(maxBytes);
    yield chunk;
  }
}

function discard(body: Readable): void {
  body.on("error", () => {}).destroy();
}

const followsRedirects = new Set(["accept", "accept-language", "user-agent"]);

function withoutPrivate(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => followsRedirects.has(name.toLowerCase())));
}

function codeOfStatus(status: number): ErrorCode {
  if (status === 404 || status === 410) return "not-found";
  if (status === 429) return "rate-limited";
  return status >= 500 ? "unavailable" : "rejected";
}

function tooLarge(maxBytes: number): BesedaError {
  return failure("too-large", `The answer is larger than ${maxBytes} bytes.`);
}

function explained(error: unknown, { host }: URL): BesedaError {
  if (error instanceof BesedaError) return error;
  const code = String((error as NodeJS.ErrnoException | undefined)?.code ?? "");
  if (code === "ENOTFOUND") return failure("not-found", `There is no host ${host}.`, { cause: error });
  if (code.startsWith("Z_") || code.startsWith("ERR_BROTLI") || code.startsWith("HPE_")) {
    return failure("bad-response", `${host} sent a damaged answer (${code}).`, { cause: error });
  }
  return failure("unavailable", `${host} cannot be read: ${code || describeThrown(error)}.`, { cause: error });
}

function failure(code: ErrorCode, message: string, more: { status?: number; cause?: unknown } = {}): BesedaError {
  const isRetryable = code === "timeout" || code === "unavailable" || code === "rate-limited";
  return new BesedaError(message, {
    code,
    isRetryable,
    hint: isRetryable ? "Try later." : "Try another page.",
    ...more,
  });
}
