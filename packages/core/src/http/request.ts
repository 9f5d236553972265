// The sockets: one request over undici's lowest layer, its bytes handed on as they come.
import type { Agent, Dispatcher } from "undici";
import { BesedaError } from "../errors.ts";
import { maskSecrets, secretsIn } from "./mask-secrets.ts";
import { connectionError, headerOf, type ReplyHeaders, statusError } from "./reply-error.ts";

export type RequestHeaders = Readonly<Record<string, string>>;

export type HttpRequest = {
  headers?: RequestHeaders | undefined;
  /** JSON text. A request without a body is a GET. */
  body?: string | undefined;
  signal?: AbortSignal | undefined;
};

/** A reply whose headers have come. */
export interface OpenReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** Resolves when the body has come whole; rejects when it breaks off, is aborted or exceeds 32 MB. */
  readonly finished: Promise<void>;
  pause(): void;
  resume(): void;
  /** Closes the socket. */
  abort(reason?: unknown): void;
}

const longestReply = 32 * 1024 * 1024;
/** More than this of the body of a failure is not read. */
const longestFailure = 64 * 1024;

/**
 * Sends a POST, or a GET where there is no body; resolves when the headers of a 2xx reply are there. `onBytes` is called
 * synchronously for each read, so it must not throw. There is no time limit but the 10 seconds for the connection: pass a signal.
 *
 * @throws BesedaError by the status for anything but 2xx, `unavailable` when there is no connection; an aborted signal
 * throws its reason.
 */
export async function post(
  url: string,
  { headers, body, signal }: HttpRequest,
  onBytes: (bytes: Buffer) => void,
): Promise<OpenReply> {
  signal?.throwIfAborted();
  const dispatcher = agent ?? (await openAgent());
  signal?.throwIfAborted();
  const target = new URL(url);
  const exchange = new Exchange(target, { headers, signal, onBytes });
  dispatcher.dispatch(
    {
      origin: target.origin,
      path: target.pathname + target.search,
      method: body === undefined ? "GET" : "POST",
      headers: {
        "user-agent": "beseda",
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      body: body ?? null,
    },
    exchange,
  );
  return exchange.opened;
}

let agent: Agent | undefined;

/** undici takes 100 ms to load: not before somebody needs it. */
async function openAgent(): Promise<Agent> {
  const undici = await import("undici");
  agent ??= new undici.Agent({
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    connect: { timeout: 10_000 },
  });
  return agent;
}

type ExchangeOptions = {
  headers: RequestHeaders | undefined;
  signal: AbortSignal | undefined;
  onBytes: (bytes: Buffer) => void;
};

class Exchange implements Dispatcher.DispatchHandler, OpenReply {
  status = 0;
  headers: ReplyHeaders = {};
  readonly opened: Promise<OpenReply>;
  readonly finished: Promise<void>;
  readonly #url: URL;
  readonly #requestHeaders: RequestHeaders | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onBytes: (bytes: Buffer) => void;
  #resolveOpened!: (reply: OpenReply) => void;
  #rejectOpened!: (reason: unknown) => void;
  #resolveFinished!: () => void;
  #rejectFinished!: (reason: unknown) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #size = 0;
  /** The body of a reply that is not 2xx. */
  #failure: Buffer[] | undefined;
  #isOver = false;

  constructor(url: URL, { headers, signal, onBytes }: ExchangeOptions) {
    this.#url = url;
    this.#requestHeaders = headers;
    this.#signal = signal;
    this.#onBytes = onBytes;
    this.opened = new Promise((resolve, reject) => {
      this.#resolveOpened = resolve;
      this.#rejectOpened = reject;
    });
    this.finished = new Promise((resolve, reject) => {
      this.#resolveFinished = resolve;
      this.#rejectFinished = reject;
    });
    // Whoever waits hears of it; that nobody waits is no defect.
    this.finished.catch(() => {});
    signal?.addEventListener("abort", this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error("aborted before it was sent"));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: ReplyHeaders): void {
    // undici also tells of 1xx
    if (status < 200 || this.#isOver) return;
    this.status = status;
    this.headers = headers;
    const encoding = headerOf(headers, "content-encoding") ?? "identity";
    if (status >= 300) this.#failure = [];
    else if (encoding !== "identity") this.abort(compressed(this.#url, encoding));
    else this.#resolveOpened(this);
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#isOver) return;
    this.#size += bytes.length;
    if (this.#failure) {
      this.#failure.push(bytes);
      if (this.#size > longestFailure) this.abort(this.#statusError(this.#failure));
    } else if (this.#size > longestReply) this.abort(tooLong(this.#url));
    else this.#onBytes(bytes);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    if (this.#failure) this.#end(this.#statusError(this.#failure));
    else this.#end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    // A failure whose body broke off is still that failure.
    this.#end(this.#failure ? this.#statusError(this.#failure) : connectionError(error, this.#url, this.status > 0));
  }

  pause(): void {
    if (!this.#isOver) this.#controller?.pause();
  }

  resume(): void {
    if (!this.#isOver) this.#controller?.resume();
  }

  abort(reason: unknown = new BesedaError("The request was stopped.", { code: "aborted" })): void {
    if (this.#isOver) return;
    this.#end(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new Error("aborted"));
  }

  readonly #onAbort = (): void => this.abort(this.#signal?.reason);

  #end(...failure: [] | [reason: unknown]): void {
    this.#isOver = true;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (failure.length === 0) this.#resolveFinished();
    else {
      this.#rejectOpened(failure[0]);
      this.#rejectFinished(failure[0]);
    }
  }

  #statusError(body: readonly Buffer[]): BesedaError {
    const { status, headers } = this;
    const error = statusError({ url: this.#url, status, headers, body: Buffer.concat(body).toString() });
    return maskSecrets(error, secretsIn(this.#requestHeaders));
  }
}

function tooLong({ origin }: URL): BesedaError {
  return new BesedaError(`The reply of ${origin} is longer than ${longestReply / 1024 / 1024} MB.`, {
    code: "too-large",
    hint: "Ask for less: a lower maxOutputTokens, for example.",
  });
}

function compressed({ origin }: URL, encoding: string): BesedaError {
  return new BesedaError(`${origin} sent its reply compressed (${encoding}), which it was not asked for.`, {
    code: "bad-response",
    hint: "Switch the compression off in the server or in the proxy before it.",
  });
}
