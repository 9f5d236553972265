// What providers use: a request in, its events or its JSON out, sent again where that is safe.
import { BesedaError } from "../errors.ts";
import { type Decoder, EventReader } from "./event-reader.ts";
import { maskSecrets, secretsIn } from "./mask-secrets.ts";
import { errorInBody, headerOf, wrongContent } from "./reply-error.ts";
import { type HttpRequest, post } from "./request.ts";
import { type RetryPolicy, retrying } from "./retry.ts";

export type RetriedRequest = HttpRequest & { url: string; retry?: RetryPolicy | undefined };

export type StreamRequest<Event> = RetriedRequest & {
  /** The media type of the stream. */
  accept: string;
  /** Makes a new decoder for each attempt. */
  decoder(): Decoder<Event>;
};

/**
 * The events of a streamed reply. The request goes out at the first `next()`, and again after a failure that may pass, as
 * long as no event has been handed over. Leaving the iteration closes the socket; an aborted signal throws its reason.
 */
export function streamEvents<Event>(request: StreamRequest<Event>): AsyncIterableIterator<Event[]> {
  const sent = { ...request, headers: { accept: request.accept, ...repeatable(request) } };
  return new EventStream(request, (signal) => openStream({ ...sent, signal }));
}

/** The events of a reply that comes in one piece, as one array; otherwise like `streamEvents`. */
export function replyEvents<Event>(
  request: RetriedRequest & { read(body: unknown): Event[] },
): AsyncIterableIterator<Event[]> {
  const sent = { ...request, headers: repeatable(request) };
  return new EventStream(request, async (signal) => {
    const events = request.read(await fetchJson({ ...sent, signal }));
    return { first: { done: false, value: events }, rest: nothing, finished: Promise.resolve() };
  });
}

/**
 * The JSON of a reply that comes in one piece.
 * @throws BesedaError `bad-response` where it is not JSON; the error that it holds, where it holds one.
 */
export function requestJson(request: RetriedRequest): Promise<unknown> {
  const sent = { ...request, headers: repeatable(request) };
  return retrying(() => fetchJson(sent), request.retry, request.signal);
}

/** By this a service can tell that a request is one that it already had. */
function repeatable({ headers, body }: HttpRequest): Record<string, string> {
  return { ...(body !== undefined && { "idempotency-key": crypto.randomUUID() }), ...headers };
}

type Rest<Event> = Pick<Required<AsyncIterableIterator<Event[]>>, "next" | "return">;

/** The first result, where the others come from, and when the connection is done with. */
type Opened<Event> = { first: IteratorResult<Event[]>; rest: Rest<Event>; finished: Promise<void> };

const done = { done: true, value: undefined } as const;
const nothing: Rest<never> = { next: async () => done, return: async () => done };

/** Opens at the first `next()`; what comes after the first result is read straight from the reply's own reader. */
class EventStream<Event> implements AsyncIterableIterator<Event[]> {
  readonly #request: RetriedRequest;
  readonly #open: (signal: AbortSignal) => Promise<Opened<Event>>;
  readonly #controller = new AbortController();
  #opening: Promise<void> | undefined;
  #rest: Rest<Event> | undefined;
  #isLeft = false;

  constructor(request: RetriedRequest, open: (signal: AbortSignal) => Promise<Opened<Event>>) {
    this.#request = request;
    this.#open = open;
  }

  next(): Promise<IteratorResult<Event[]>> {
    if (this.#rest) return this.#rest.next();
    if (this.#opening) return this.#opening.then(() => this.next());
    const opened = this.#start();
    this.#opening = opened.then(
      ({ rest }) => {
        this.#rest = this.#isLeft ? nothing : rest;
        if (this.#isLeft) rest.return();
      },
      () => {
        this.#rest = nothing;
      },
    );
    return opened.then(
      ({ first }) => first,
      (error) => {
        if (this.#isLeft) return done;
        throw error;
      },
    );
  }

  return(): Promise<IteratorResult<Event[]>> {
    this.#isLeft = true;
    const rest = this.#rest;
    this.#rest = nothing;
    if (rest) return rest.return();
    this.#controller.abort();
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #start(): Promise<Opened<Event>> {
    const { signal, retry } = this.#request;
    signal?.throwIfAborted();
    const onAbort = () => this.#controller.abort(signal?.reason);
    const unlink = () => signal?.removeEventListener("abort", onAbort);
    signal?.addEventListener("abort", onAbort);
    try {
      const own = this.#controller.signal;
      const opened = await retrying(() => this.#open(own), retry, own);
      opened.finished.then(unlink, unlink);
      return opened;
    } catch (error) {
      unlink();
      throw error;
    }
  }
}

async function openStream<Event>(request: StreamRequest<Event> & { signal: AbortSignal }): Promise<Opened<Event>> {
  const { url, signal, accept } = request;
  const mask = masker(request);
  const reader = new EventReader(maskedDecoder(request.decoder(), mask));
  let head: Buffer | undefined;
  const reply = await post(url, request, (bytes) => {
    head ??= bytes;
    reader.push(bytes);
  });
  reader.connect(reply);
  const { finished, status, headers } = reply;
  finished.then(
    () => reader.close(),
    (error) => (signal.aborted ? reader.abort(error) : reader.close(error)),
  );
  const isForeign = () => head !== undefined && !isOf(accept, headerOf(headers, "content-type"), head);
  const foreign = () => mask(notEvents({ url: new URL(url), status, headers }, head?.toString() ?? ""));
  try {
    const first = await reader.next();
    if (first.done && isForeign()) throw foreign();
    return { first, rest: reader, finished };
  } catch (error) {
    throw error instanceof BesedaError && error.code === "bad-response" && isForeign() ? foreign() : error;
  }
}

function isOf(accept: string, type: string | undefined, head: Buffer): boolean {
  return (type ?? accept).includes(accept) && !/^\s*</.test(head.toString("latin1", 0, 200));
}

function notEvents(reply: Parameters<typeof wrongContent>[0], text: string): BesedaError {
  try {
    return errorInBody(JSON.parse(text)) ?? wrongContent(reply, text);
  } catch {
    return wrongContent(reply, text);
  }
}

async function fetchJson(request: RetriedRequest): Promise<unknown> {
  const reads: Buffer[] = [];
  const { finished, status, headers } = await post(request.url, request, (bytes) => reads.push(bytes));
  await finished;
  const text = Buffer.concat(reads).toString();
  const mask = masker(request);
  let body: unknown;
  try {
    body = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    throw mask(wrongContent({ url: new URL(request.url), status, headers }, text));
  }
  const error = errorInBody(body);
  if (error) throw mask(error);
  return body;
}

type Mask = (error: unknown) => unknown;

function masker({ headers }: HttpRequest): Mask {
  return (error) => (error instanceof BesedaError ? maskSecrets(error, secretsIn(headers)) : error);
}

/** The decoder, with everything that it throws masked: services repeat in an error what they were sent. */
function maskedDecoder<Event>(decoder: Decoder<Event>, mask: Mask): Decoder<Event> {
  return {
    decode(read, from, events, limit) {
      try {
        return decoder.decode(read, from, events, limit);
      } catch (error) {
        throw mask(error);
      }
    },
    end(events) {
      try {
        decoder.end(events);
      } catch (error) {
        throw mask(error);
      }
    },
    get isComplete() {
      return decoder.isComplete ?? false;
    },
  };
}
