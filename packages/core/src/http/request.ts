// The sockets: one request over undici's lowest layer, its bytes handed on as they come.
import type { Agent, Dispatcher } from "undici";
import { BesedaError } from "../errors.ts";
import { maskSecrets, secretsIn } from "./mask-secrets.ts";
import { openAgent, openedAgent } from "./open-agent.ts";
import { connectionError, headerOf, type ReplyHeaders, statusError } from "./reply-error.ts";

export type RequestHeaders = Readonly<Record<string, string>>;

export type HttpRequest = {
  headers?: RequestHeaders | undefined;
  /** JSON text. A request without a body is a GET. */
  body?: string | undefined;
  signal?: AbortSignal | undefined;
  /** How long the reply may be, in bytes. Default 32 MB. More is for services that stream the whole text again and again. */
  mostBytes?: number | undefined;
};

/** Whom a reply is handed to as it comes. Called synchronously, so it must not throw. */
export interface ByteSink {
  /** The headers of a 2xx reply have come. */
  open?(): void;
  push(bytes: Buffer): void;
  /** The reply is whole, or this went wrong with it. */
  close(...failure: [] | [error: unknown]): void;
  /** The signal was aborted, for this reason. */
  abort(reason: unknown): void;
}

/** A reply whose headers have come. */
export interface OpenReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  /** Resolves when the body has come whole; rejects when it breaks off, is aborted or exceeds `mostBytes`. */
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
export async function post(url: string, request: HttpRequest, onBytes: (bytes: Buffer) => void): Promise<OpenReply> {
  return new Promise((resolve, reject) => {
    let settle: { whole(): void; broken(reason: unknown): void } | undefined;
    const broken = (reason: unknown) => {
      reject(reason);
      settle?.broken(reason);
    };
    const exchange = send(url, request, {
      open() {
        const { status, headers } = exchange;
        const finished = new Promise<void>((whole, broken) => {
          settle = { whole, broken };
        });
        // Whoever waits hears of it; that nobody waits is no defect.
        finished.catch(() => {});
        const abort = (reason: unknown = stopped()) => {
          exchange.abort(reason);
          broken(reason);
        };
        const pause = () => exchange.pause();
        const resume = () => exchange.resume();
        resolve({ status, headers, finished, pause, resume, abort });
      },
      push: onBytes,
      close: (...failure) => (failure.length === 0 ? settle?.whole() : broken(failure[0])),
      abort: broken,
    });
  });
}

/** The same, told to a sink instead of by promises: what streams are made of. Throws the reason of an aborted signal. */
export function send(url: string, request: HttpRequest, sink: ByteSink): Exchange {
  request.signal?.throwIfAborted();
  const exchange = new Exchange(url, request, sink);
  const agent = openedAgent();
  if (agent) exchange.begin(agent);
  else
    openAgent()
      .then((opened) => exchange.begin(opened))
      .catch((error) => exchange.onResponseError(undefined, error));
  return exchange;
}

/** One request and its reply. */
export class Exchange implements Dispatcher.DispatchHandler {
  status = 0;
  headers: ReplyHeaders = {};
  readonly #url: URL;
  readonly #request: HttpRequest;
  readonly #sink: ByteSink;
  #controller: Dispatcher.DispatchController | undefined;
  #size = 0;
  /** The body of a reply that is not 2xx. */
  #failure: Buffer[] | undefined;
  #isOver = false;

  constructor(url: string, request: HttpRequest, sink: ByteSink) {
    this.#url = parsedUrl(url);
    this.#request = request;
    this.#sink = sink;
    request.signal?.addEventListener("abort", this);
  }

  begin(agent: Agent): void {
    if (this.#isOver) return;
    const { origin, pathname, search } = this.#url;
    const { headers: given, body } = this.#request;
    const method = body === undefined ? "GET" : "POST";
    const headers =
      body === undefined
        ? { "user-agent": "beseda", ...given }
        : { "user-agent": "beseda", "content-type": "application/json", ...given };
    agent.dispatch({ origin, path: pathname + search, method, headers, body: body ?? null }, this);
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
    else if (encoding !== "identity") this.#giveUp(compressed(this.#url, encoding, status));
    else this.#sink.open?.();
  }

  onResponseData(_controller: Dispatcher.DispatchController, bytes: Buffer): void {
    if (this.#isOver) return;
    this.#size += bytes.length;
    if (this.#failure) {
      this.#failure.push(bytes);
      if (this.#size > longestFailure) this.#giveUp(this.#statusError(this.#failure));
    } else if (this.#size > (this.#request.mostBytes ?? longestReply)) {
      this.#giveUp(tooLong(this.#url, this.#request.mostBytes));
    } else this.#sink.push(bytes);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#end();
    if (this.#failure) this.#sink.close(this.#statusError(this.#failure));
    else this.#sink.close();
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#isOver) return;
    this.#end();
    // A failure whose body broke off is still that failure.
    const failure = this.#failure
      ? this.#statusError(this.#failure)
      : connectionError(error, this.#url, this.status > 0);
    this.#sink.close(failure);
  }

  /** The signal's: an object that listens is lighter than a function made for each request. */
  handleEvent(): void {
    const reason: unknown = this.#request.signal?.reason;
    this.abort(reason);
    this.#sink.abort(reason);
  }

  pause(): void {
    if (!this.#isOver) this.#controller?.pause();
  }

  resume(): void {
    if (!this.#isOver) this.#controller?.resume();
  }

  /** Closes the socket; the sink, whose wish it is, hears nothing more. */
  abort(reason: unknown = stopped()): void {
    if (this.#isOver) return;
    this.#end();
    this.#controller?.abort(reason instanceof Error ? reason : new Error("aborted"));
  }

  #giveUp(error: BesedaError): void {
    this.abort(error);
    this.#sink.close(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#request.signal?.removeEventListener("abort", this);
  }

  #statusError(body: readonly Buffer[]): BesedaError {
    const { status, headers } = this;
    const error = statusError({ url: this.#url, status, headers, body: Buffer.concat(body).toString() });
    return maskSecrets(error, secretsIn(this.#request.headers));
  }
}

let latest: { url: string; parsed: URL } | undefined;

/** Most processes send everything to one address, and parsing it costs as much as a chunk of a reply. */
function parsedUrl(url: string): URL {
  if (latest?.url !== url) latest = { url, parsed: new URL(url) };
  return latest.parsed;
}

function stopped(): BesedaError {
  return new BesedaError("The request was stopped.", { code: "aborted" });
}

function tooLong({ origin }: URL, mostBytes = longestReply): BesedaError {
  return new BesedaError(`The reply of ${origin} is longer than ${mostBytes / 1024 / 1024} MB.`, {
    code: "too-large",
    hint: "Ask for less: a lower maxOutputTokens, for example.",
  });
}

function compressed({ origin }: URL, encoding: string, status: number): BesedaError {
  return new BesedaError(`${origin} sent its reply compressed (${encoding}), which it was not asked for.`, {
    code: "bad-response",
    hint: "Switch the compression off in the server or in the proxy before it.",
    status,
  });
}
