// A model that is asked no oftener than its service allows, for all who use it.
import { BesedaError } from "../errors.ts";
import { estimateInputTokens } from "../estimate-usage.ts";
import type { LanguageModel, ModelEvent, ModelOperations, ModelRequest } from "../ports/language-model.ts";
import { RateDoor, type Seat } from "./rate-door.ts";
import type { Asked } from "./rate-plan.ts";

/** Whole numbers from 1, but for `longestWaitMs`. What is left out is not limited. */
export type RateLimitOptions = {
  /** The most requests that are sent in any 60 seconds. */
  requestsPerMinute?: number | undefined;
  /** The most tokens, read and written, in any 60 seconds. */
  tokensPerMinute?: number | undefined;
  /** The most requests under way at once. */
  concurrency?: number | undefined;
  /**
   * A request whose turn is known to come later than that fails at once. In milliseconds; `Infinity` for as long as the
   * caller waits. Default 90,000.
   */
  longestWaitMs?: number | undefined;
};

/**
 * The same model, kept to these limits by all who use it: agents, runs, rows of a batch. Wrap a model once, and use what
 * comes of it; other processes that share the quota are not known, so give each its part. First come, first served.
 *
 * Requests are spread, since many services divide a minute into seconds: one is sent `61 s / requestsPerMinute` after the one
 * before, or later; of what late timers have lost 10 ms are made up for. So no 60 seconds hold more than the limit, no second
 * more than a sixtieth of it, and the 61st is for requests that do not arrive at the distances at which they were sent.
 *
 * Tokens are counted in the 61 seconds before a request is sent: what was sent in them, what was answered in them, and
 * the answers that are expected of those under way have to leave room for it. Beforehand its input is estimated with a
 * third to spare, and its output taken for that of the longest replies of late (1,000 tokens at first), `maxOutputTokens`
 * at most; the usage of the reply corrects both. A service that counts `maxOutputTokens` as a
 * request arrives may count more. Tokens alone keep two requests a second apart at most.
 *
 * Waiting is a part of the call: it counts for `firstChunkMs`, `stepMs` and `totalMs` of an agent's timeouts, 2, 5 and 10
 * minutes, and for `firstEventMs` of a `fallback`. Hence `longestWaitMs`: who has no chance is told at once when to try
 * again, and a batch asks less at once then. Raise it together with those timeouts.
 *
 * An operation counts when it is submitted. Batches of the service have quotas of their own and are not limited. What the
 * model's adapter sends again after a failure is not counted anew: `retry: { retries: 0 }` there leaves it to the caller.
 *
 * Calls throw BesedaErrors besides the model's own: `rate-limited` with `retryAfterMs` where the turn would come too late,
 * `too-large` where a request alone is more than `tokensPerMinute`.
 * @throws BesedaError `invalid-argument` for a limit that is none
 */
export function rateLimited(model: LanguageModel, options: RateLimitOptions): LanguageModel {
  const { longestWaitMs = 90_000, ...limits } = options;
  for (const name of ["requestsPerMinute", "tokensPerMinute", "concurrency"] as const) requireCount(name, limits[name]);
  if (!(longestWaitMs >= 0)) throw unusable("longestWaitMs", longestWaitMs, "a number of milliseconds, or Infinity");
  const { provider, modelId, abilities, costOf, defaults, operations, batches } = model;
  const door = new RateDoor({ limits, longestWaitMs, modelName: `${provider}:${modelId}` });
  const asked = (request: ModelRequest): Asked => ({
    inputTokens: limits.tokensPerMinute === undefined ? 0 : estimateInputTokens(request),
    maxOutputTokens: request.settings.maxOutputTokens,
  });
  return {
    provider,
    modelId,
    abilities,
    costOf,
    defaults,
    rateLimits: limits,
    stream: (request, call = {}) => {
      const signals = [call.signal, call.untilSent];
      return new LimitedReply(() => model.stream(request, call), { door, asked: asked(request), signals });
    },
    operations: operations && limitedOperations(operations, door, asked),
    batches,
  };
}

function requireCount(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) return;
  throw unusable(name, value, "a whole number from 1");
}

function unusable(name: string, value: unknown, wanted: string): BesedaError {
  return new BesedaError(`${name} of rateLimited() is ${value}.`, {
    code: "invalid-argument",
    hint: `Give ${wanted}, or leave it out.`,
  });
}

function limitedOperations(
  operations: ModelOperations,
  door: RateDoor,
  asked: (request: ModelRequest) => Asked,
): ModelOperations {
  return {
    submit: async (request, options = {}) => {
      const signals = [options.signal, options.untilSent];
      for (const signal of signals) signal?.throwIfAborted();
      const seat = await door.enter(asked(request), () => signals);
      try {
        return await operations.submit(request, options);
      } finally {
        // What it comes to is told much later, if anybody asks.
        seat.leave({ ...seat.expected, isWhole: false });
      }
    },
    poll: (id, options) => operations.poll(id, options),
    cancel: (id, options) => operations.cancel(id, options),
  };
}

/** Each of `signals` ends the waiting. */
type Call = { door: RateDoor; asked: Asked; signals: readonly (AbortSignal | undefined)[] };
type Result = IteratorResult<ModelEvent[]>;

const done: Result = { done: true, value: undefined };
/** As `estimateTokens` has it for most letters, to be on the safe side. */
const charactersPerToken = 3;

/** Waits for its turn at the first `next()`; from then on the model's own iterator is asked. */
class LimitedReply implements AsyncIterableIterator<ModelEvent[]> {
  readonly #open: () => AsyncIterable<ModelEvent[]>;
  readonly #call: Call;
  /** Of one that has to wait: a signal takes a while to make. */
  #left: AbortController | undefined;
  #opening: Promise<Result> | undefined;
  #events: AsyncIterator<ModelEvent[]> | undefined;
  #seat: Seat | undefined;
  #characters = 0;
  #isOver = false;
  #isLeft = false;

  constructor(open: () => AsyncIterable<ModelEvent[]>, call: Call) {
    this.#open = open;
    this.#call = call;
  }

  next(): Promise<Result> {
    if (this.#isOver) return Promise.resolve(done);
    if (this.#events) return this.#events.next().then(this.#heard, this.#failed);
    if (this.#opening) {
      return this.#opening.then(
        () => this.next(),
        () => done,
      );
    }
    this.#opening = this.#first().catch((error) => {
      if (this.#isLeft) return done;
      this.#isOver = true;
      this.#leave(false);
      throw error;
    });
    return this.#opening;
  }

  async return(): Promise<Result> {
    this.#isOver = true;
    this.#isLeft = true;
    this.#left?.abort();
    this.#leave(false);
    await this.#events?.return?.();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #first(): Promise<Result> {
    const { door, asked, signals } = this.#call;
    for (const signal of signals) signal?.throwIfAborted();
    this.#seat = await door.enter(asked, () => {
      this.#left = new AbortController();
      return [...signals, this.#left.signal];
    });
    const stopped = signals.find((signal) => signal?.aborted);
    if (this.#isLeft || stopped) this.#seat.leave(notSent);
    if (this.#isLeft) return done;
    stopped?.throwIfAborted();
    const events = this.#open()[Symbol.asyncIterator]();
    this.#events = events;
    return events.next().then(this.#heard, this.#failed);
  }

  // Made once, and not for each array of events.
  readonly #heard = (result: Result): Result => {
    if (result.done) {
      this.#isOver = true;
      this.#leave(false);
      return result;
    }
    for (const event of result.value) {
      if ("text" in event) this.#characters += event.text.length;
      else if (event.type === "tool-call") this.#characters += event.input.length;
      else if (event.type === "finish") this.#leave(true, event.usage);
    }
    return result;
  };

  readonly #failed = (error: unknown): never => {
    this.#isOver = true;
    this.#leave(false);
    throw error;
  };

  /** Frees the place. Without a usage that counts, what was said is counted. */
  #leave(isWhole: boolean, usage?: { inputTokens: number; outputTokens: number }): void {
    const { inputTokens = Number.NaN, outputTokens = Number.NaN } = usage ?? {};
    const input = inputTokens >= 0 ? inputTokens : (this.#seat?.expected.input ?? 0);
    const output = outputTokens >= 0 ? outputTokens : Math.ceil(this.#characters / charactersPerToken);
    this.#seat?.leave({ input, output, isWhole });
  }
}

const notSent = { input: 0, output: 0, isWhole: false };
