// Files to and from a store of objects, by addresses that are signed themselves: no credentials go along, and no part of
// the signature comes out in an error. A service that keeps files by itself is told its credentials in headers.
import { createReadStream } from "node:fs";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { BesedaError } from "../errors.ts";
import { maskSecrets, secretsIn } from "./mask-secrets.ts";
import { openAgent } from "./open-agent.ts";
import { connectionError, type ReplyHeaders, statusError } from "./reply-error.ts";
import type { RequestHeaders } from "./request.ts";

export type TransferOptions = {
  /** For a service that is no store of signed addresses: its credentials. What it answers is then told as it is. */
  headers?: RequestHeaders | undefined;
  signal?: AbortSignal | undefined;
  /** Given up where no byte went either way for so long. Milliseconds, default 120,000. */
  idleMs?: number | undefined;
};

/** `start` and `end` are a range of the file's bytes, `end` the first one that is not sent. */
export type UploadSource = Uint8Array | { file: string; start: number; end: number };

/**
 * One PUT of exactly `size` bytes; the file is read as the socket takes it. Resolves to the headers of the reply.
 * @throws BesedaError by the status for anything but 2xx, `unavailable` when the connection breaks, `timeout` when it
 * stands still, `invalid-argument` for a source of another size; an aborted signal throws its reason.
 */
export async function upload(
  url: string,
  { source, size, ...options }: TransferOptions & { source: UploadSource; size: number },
): Promise<ReplyHeaders> {
  const length = source instanceof Uint8Array ? source.length : source.end - source.start;
  if (length !== size) throw wrongSize(length, size);
  const transfer = new Transfer(new URL(url), options);
  await transfer.begin("PUT", { "content-length": `${size}` }, piecesOf(source, transfer));
  for await (const _bytes of transfer.read()) {
    // A store says all it has to say in the headers.
  }
  return transfer.headers;
}

/**
 * The bytes of a GET as they come, of any size: the socket is read no faster than whoever iterates. Leaving the iteration
 * closes it.
 * @throws BesedaError as `upload`; a reply that is shorter than it said is `unavailable`
 */
export async function* download(url: string, options: TransferOptions = {}): AsyncGenerator<Buffer> {
  const transfer = new Transfer(new URL(url), options);
  await transfer.begin("GET", {}, null);
  yield* transfer.read();
}

/** Of the body of a failure no more is kept. */
const longestFailure = 64 * 1024;
/** The socket is let go on again when fewer are unread. */
const mostUnread = 1024 * 1024;
const pieceSize = 256 * 1024;

/** One request, and its reply as it comes. */
export class Transfer implements Dispatcher.DispatchHandler {
  status = 0;
  headers: ReplyHeaders = {};
  readonly #url: URL;
  readonly #options: TransferOptions;
  #controller: Dispatcher.DispatchController | undefined;
  #reads: Buffer[] = [];
  #unread = 0;
  #ending: { error?: unknown } | undefined;
  #wake: (() => void) | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(url: URL, options: TransferOptions) {
    options.signal?.throwIfAborted();
    this.#url = url;
    this.#options = options;
  }

  async begin(
    method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE",
    own: Record<string, string>,
    body: AsyncIterable<Buffer> | null,
  ) {
    const { origin, pathname, search } = this.#url;
    const agent = await openAgent();
    this.#options.signal?.throwIfAborted();
    this.#options.signal?.addEventListener("abort", this);
    this.moved();
    const headers = { "user-agent": "beseda", ...this.#options.headers, ...own };
    const request = { origin, path: pathname + search, method, headers };
    // undici takes any async iterable; its types know of streams only.
    agent.dispatch({ ...request, body: body as Readable | null }, this);
  }

  /** A byte went one way or the other. */
  moved(): void {
    const { idleMs = 120_000 } = this.#options;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#stop(standstill(this.#url, idleMs)), idleMs);
  }

  async *read(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        for (let bytes = this.#reads.shift(); bytes; bytes = this.#reads.shift()) {
          this.#unread -= bytes.length;
          // Whoever reads slowly is no standstill.
          clearTimeout(this.#idle);
          yield bytes;
        }
        if (this.#ending) break;
        this.moved();
        const woken = new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        // All that the socket holds may come at once, the end as well, before this returns.
        this.#controller?.resume();
        await woken;
      }
      if ("error" in this.#ending) throw this.#ending.error;
    } finally {
      this.#stop(new BesedaError("The transfer was left.", { code: "aborted" }));
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#ending) controller.abort(new Error("aborted before it was sent"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ReplyHeaders): void {
    // undici also tells of 1xx
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#ending) return;
    this.#reads.push(bytes);
    this.#unread += bytes.length;
    if (!this.#hasFailed()) this.#wakeUp();
    else if (this.#unread > longestFailure) this.#stop(this.#failure());
    if (this.#unread > mostUnread) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#hasFailed()) this.#end(this.#failure());
    else this.#end();
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#end(this.#hasFailed() ? this.#failure() : this.#broken(error));
  }

  /** The signal's. */
  handleEvent(): void {
    this.#stop(this.#options.signal?.reason);
  }

  #hasFailed(): boolean {
    return this.status >= 300;
  }

  #stop(reason: unknown): void {
    if (this.#ending) return;
    this.#end(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error("aborted"));
  }

  #end(...failure: [] | [error: unknown]): void {
    if (this.#ending) return;
    this.#ending = failure.length === 0 ? {} : { error: failure[0] };
    if (failure.length > 0) this.#reads = [];
    clearTimeout(this.#idle);
    this.#options.signal?.removeEventListener("abort", this);
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  /** What a store answered, by its code and its sentence alone: the rest of it repeats what was signed. */
  #failure(): BesedaError {
    const { status, headers } = this;
    const body = Buffer.concat(this.#reads).toString();
    const sent = this.#options.headers;
    if (sent) return maskSecrets(statusError({ url: this.#url, status, headers, body }), secretsIn(sent));
    const told = saidByStore(body);
    const error = statusError({ url: this.#url, status, headers, body: JSON.stringify({ message: told }) });
    const hint =
      status === 403
        ? "The address has expired, or was made for another size or method: ask for a new one."
        : error.isRetryable
          ? "Try again later."
          : "Ask for a new address, and try again.";
    return maskSecrets(error.with({ hint }), secretsOf(this.#url));
  }

  #broken(error: Error): BesedaError {
    if (error instanceof BesedaError) return error;
    const cause = "code" in error ? String(error.code) : "";
    if (cause === "ENOENT" || cause === "EACCES" || cause === "EISDIR") {
      return new BesedaError(`The file cannot be read (${cause}).`, {
        code: "invalid-argument",
        hint: "Name a file that is there and can be read.",
        cause: error,
      });
    }
    if (cause === "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH") return changed();
    return connectionError(error, this.#url, this.status > 0);
  }
}

export async function* piecesOf(source: UploadSource, transfer: Transfer): AsyncGenerator<Buffer> {
  if (source instanceof Uint8Array) {
    for (let at = 0; at < source.length; at += pieceSize) {
      transfer.moved();
      yield Buffer.from(source.buffer, source.byteOffset + at, Math.min(pieceSize, source.length - at));
    }
    return;
  }
  const { file, start, end } = source;
  // A stream cannot be told to read nothing.
  if (end <= start) return;
  for await (const piece of createReadStream(file, { start, end: end - 1, highWaterMark: pieceSize })) {
    transfer.moved();
    yield piece;
  }
}

/** The error of a store is XML: `<Code>` and `<Message>`. */
function saidByStore(body: string): string {
  const [, code] = /<Code>([^<]{1,100})<\/Code>/.exec(body) ?? [];
  const [, message] = /<Message>([^<]{1,500})<\/Message>/.exec(body) ?? [];
  return [code, message].filter((text) => text !== undefined).join(": ") || "without saying why.";
}

function secretsOf({ searchParams }: URL): string[] {
  // A shorter one is no secret, such as the number of a part.
  return [...searchParams.values()].filter((value) => value.length >= 12);
}

function wrongSize(length: number, size: number): BesedaError {
  return new BesedaError(`There are ${length} bytes to upload, but the address is for ${size}.`, {
    code: "invalid-argument",
    hint: "Ask for an address with the exact size of what is uploaded.",
  });
}

function changed(): BesedaError {
  return new BesedaError("The file changed while it was uploaded: it has another size now.", {
    code: "invalid-argument",
    hint: "Upload a file that nobody writes to.",
  });
}

function standstill({ origin }: URL, idleMs: number): BesedaError {
  return new BesedaError(`The transfer with ${origin} stood still for ${idleMs / 1000} s.`, {
    code: "timeout",
    hint: "Try again; look at the connection if it happens again.",
    isRetryable: true,
  });
}
