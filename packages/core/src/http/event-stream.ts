// What providers use: a request in, its events or its JSON out, sent again where that is safe.
import { BesedaError } from "../errors.ts";
import { type Decoder, EventReader } from "./event-reader.ts";
import type { Guard } from "./guard.ts";
import { guarded, type Opened, type Rest } from "./guarded-reply.ts";
import { maskSecrets, secretsIn } from "./mask-secrets.ts";
import { aboutReply, errorInBody, headerOf, type ReplyHead, wrongContent } from "./reply-error.ts";
import { type HttpRequest, type RequestHeaders, send } from "./request.ts";
import { type RetryPolicy, retrying } from "./retry.ts";
import { WholeBody } from "./whole-body.ts";

export type RetriedRequest = HttpRequest & {
  url: string;
  retry?: RetryPolicy | undefined;
  /** Of a service whose credentials change, or that lets in only so many at once. */
  guard?: Guard | undefined;
  /** The error that a reply of 200 is, told from its JSON. Default `errorInBody`; other where an `error` is part of the answer. */
  errorIn?: ((body: unknown) => BesedaError | undefined) | undefined;
  /** Ends what comes before an attempt is sent, the waiting for it and for its room; one that is on its way goes on. */
  untilSent?: AbortSignal | undefined;
};

export type JsonRequest = RetriedRequest & {
  /** How long an attempt may take; after that it has failed with `timeout`. Milliseconds, default 60,000. */
  replyMs?: number | undefined;
};

export type StreamRequest<Event> = RetriedRequest & {
  /** The media type of the stream. */
  accept: string;
  /** Makes a new decoder for each attempt. `head` gives the head of the reply, once it has come. */
  decoder(head: () => ReplyHead): Decoder<Event>;
};

/**
 * The events of a streamed reply. The request goes out at the first `next()`, and again after a failure that may pass, as
 * long as no event has been handed over. Leaving the iteration closes the socket; an aborted signal throws its reason.
 */
export function streamEvents<Event>(request: StreamRequest<Event>): AsyncIterableIterator<Event[]> {
  const sent = { ...request, headers: { accept: request.accept, ...repeatable(request) } };
  return new EventStream(request, (headers, begun) => openStream(withHeaders(sent, headers), begun));
}

/** The events of a reply that comes in one piece, as one array; otherwise like `streamEvents`. */
export function replyEvents<Event>(
  request: RetriedRequest & { read(body: unknown, head: ReplyHead): Event[] },
): AsyncIterableIterator<Event[]> {
  // The stream listens for as long as it is open, which is all that there is to listen for.
  const sent = { ...request, signal: undefined, headers: repeatable(request) };
  return new EventStream(request, async (headers, begun) => {
    const events = await fetchJson(withHeaders(sent, headers), request.read, begun);
    return { first: { done: false, value: events }, rest: nothing };
  });
}

/**
 * The JSON of a reply that comes in one piece.
 * @throws BesedaError `bad-response` where it is not JSON; the error that it holds, where it holds one.
 */
export async function requestJson({ untilSent, replyMs = 60_000, ...request }: JsonRequest): Promise<unknown> {
  const sent = { ...request, headers: repeatable(request) };
  const signals = [request.signal, untilSent].filter((signal) => signal !== undefined);
  const waiting = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  const visit = request.guard?.begin();
  const attempt = async () => {
    const headers = await visit?.admit(waiting);
    untilSent?.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    const begun = (stoppable: Stoppable) => {
      timer = setTimeout(() => stoppable.abort(noReplyIn(replyMs, request)), replyMs);
    };
    try {
      return await fetchJson(withHeaders(sent, headers), (body) => body, begun);
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    return await retrying(attempt, { ...request, visit, signal: () => waiting });
  } finally {
    visit?.end();
  }
}

function noReplyIn(replyMs: number, { url }: RetriedRequest): BesedaError {
  return new BesedaError(`${new URL(url).origin} did not answer in ${replyMs / 1000} s.`, {
    code: "timeout",
    hint: "Try again later.",
    isRetryable: true,
  });
}

/** By this a service can tell that a request is one that it already had. */
function repeatable({ headers, body }: HttpRequest): Record<string, string> {
  return body === undefined ? { ...headers } : { "idempotency-key": crypto.randomUUID(), ...headers };
}

function withHeaders<Request extends HttpRequest>(request: Request, more: RequestHeaders | undefined): Request {
  return more ? { ...request, headers: { ...request.headers, ...more } } : request;
}

type Stoppable = { abort(reason: unknown): void };
/** Makes one attempt, with the guard's headers; tells at once how it can be stopped. */
type Attempt<Event> = (
  headers: RequestHeaders | undefined,
  begun: (stoppable: Stoppable) => void,
) => Promise<Opened<Event>>;

const done = { done: true, value: undefined } as const;
const nothing: Rest<never> = { next: async () => done, return: async () => done };

/** Opens at the first `next()`; what comes after the first result is read straight from the reply's own reader. */
class EventStream<Event> implements AsyncIterableIterator<Event[]> {
  readonly #request: RetriedRequest;
  readonly #attempt: Attempt<Event>;
  #opening: Promise<Opened<Event>> | undefined;
  /** Made where somebody waits between two attempts, to be stopped; the exchange listens by itself. */
  #waiting: AbortController | undefined;
  #inFlight: Stoppable | undefined;
  #rest: Rest<Event> | undefined;
  #isLeft = false;

  constructor(request: RetriedRequest, attempt: Attempt<Event>) {
    this.#request = request;
    this.#attempt = attempt;
  }

  next(): Promise<IteratorResult<Event[]>> {
    if (this.#rest) return this.#rest.next();
    if (this.#opening) return this.#opening.then(noop, noop).then(() => this.next());
    this.#opening = this.#open();
    return this.#opening.then(
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
    this.#waiting?.abort();
    this.#inFlight?.abort(left());
    return Promise.resolve(done);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Of the caller's signals. */
  handleEvent({ target }: { target: EventTarget | null }): void {
    const { reason } = target as AbortSignal;
    this.#waiting?.abort(reason);
    if (target === this.#request.signal) this.#inFlight?.abort(reason);
  }

  #waitSignal(): AbortSignal {
    const { signal, untilSent } = this.#request;
    if (!this.#waiting) untilSent?.addEventListener("abort", this);
    this.#waiting ??= new AbortController();
    if (this.#isLeft) this.#waiting.abort();
    const stopped = [signal, untilSent].find((each) => each?.aborted);
    if (stopped) this.#waiting.abort(stopped.reason);
    return this.#waiting.signal;
  }

  /** Not when it was left while something was waited for: it might be billed. */
  #send(headers: RequestHeaders | undefined): Promise<Opened<Event>> {
    if (this.#isLeft) throw left();
    this.#request.signal?.throwIfAborted();
    this.#request.untilSent?.throwIfAborted();
    return this.#attempt(headers, (stoppable) => {
      this.#inFlight = stoppable;
    });
  }

  async #open(): Promise<Opened<Event>> {
    const { url, headers, signal: callers, untilSent, retry, guard } = this.#request;
    const visit = guard?.begin();
    const call = { url, headers, retry, guard, visit, signal: () => this.#waitSignal() };
    try {
      callers?.throwIfAborted();
      callers?.addEventListener("abort", this);
      const attempt = visit
        ? async () => this.#send(await visit.admit(this.#waitSignal()))
        : () => this.#send(undefined);
      const opened = await retrying(attempt, call);
      // What came in one piece has ended with that.
      if (opened.rest === nothing) visit?.end();
      const rest = visit && opened.rest !== nothing ? guarded(opened, visit, callers) : opened.rest;
      this.#rest = this.#isLeft ? nothing : rest;
      if (this.#isLeft) rest.return();
      return opened;
    } catch (error) {
      visit?.end();
      this.#rest = nothing;
      throw error;
    } finally {
      callers?.removeEventListener("abort", this);
      if (this.#waiting) untilSent?.removeEventListener("abort", this);
      this.#waiting = undefined;
      this.#inFlight = undefined;
    }
  }
}

function noop(): void {}

function left(): BesedaError {
  return new BesedaError("The reply was left.", { code: "aborted" });
}

async function openStream<Event>(
  request: StreamRequest<Event>,
  begun: (stoppable: Stoppable) => void,
): Promise<Opened<Event>> {
  const { url, accept } = request;
  const decoder = request.decoder(() => reply);
  const reader = new EventReader(decoder, (error) => told(error, request, reply));
  const reply = send(url, request, reader);
  reader.connect(reply);
  begun(reader);
  const isForeign = () =>
    reader.head !== undefined && !isOf(accept, headerOf(reply.headers, "content-type"), reader.head);
  const foreign = () => {
    const { status, headers } = reply;
    const text = reader.head?.toString() ?? "";
    return told(notEvents({ url: new URL(url), status, headers }, text, request.errorIn), request, reply);
  };
  try {
    const first = await reader.next();
    if (first.done && isForeign()) throw foreign();
    return { first, rest: reader };
  } catch (error) {
    throw error instanceof BesedaError && error.code === "bad-response" && isForeign() ? foreign() : error;
  }
}

function isOf(accept: string, type: string | undefined, head: Buffer): boolean {
  return (type ?? accept).includes(accept) && !/^\s*</.test(head.toString("latin1", 0, 200));
}

function notEvents(reply: Parameters<typeof wrongContent>[0], text: string, errorIn = errorInBody): BesedaError {
  try {
    return errorIn(JSON.parse(text)) ?? wrongContent(reply, text);
  } catch {
    return wrongContent(reply, text);
  }
}

async function fetchJson<Value>(
  request: RetriedRequest,
  read: (body: unknown, head: ReplyHead) => Value,
  begun?: (stoppable: Stoppable) => void,
): Promise<Value> {
  const body = new WholeBody();
  const reply = send(request.url, request, body);
  begun?.({
    abort(reason) {
      reply.abort(reason);
      body.abort(reason);
    },
  });
  const text = await body.text;
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    const { status, headers } = reply;
    throw told(wrongContent({ url: new URL(request.url), status, headers }, text), request, reply);
  }
  try {
    const error = (request.errorIn ?? errorInBody)(value);
    if (error) throw error;
    return read(value, reply);
  } catch (error) {
    throw told(error, request, reply);
  }
}

/** What the reply holds, as an error that says of which reply, without what services repeat of what they were sent. */
function told(error: unknown, { headers }: HttpRequest, reply: ReplyHead): unknown {
  return error instanceof BesedaError ? maskSecrets(aboutReply(error, reply), secretsIn(headers)) : error;
}
