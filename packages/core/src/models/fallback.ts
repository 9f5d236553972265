// Several models as one: the next is asked where the one before it has failed before it said anything.
import { BesedaError, describeThrown, type ErrorCode, toBesedaError } from "../errors.ts";
import { longestTimer } from "../http/wait.ts";
import type {
  LanguageModel,
  ModelAbilities,
  ModelCallOptions,
  ModelEvent,
  ModelRequest,
} from "../ports/language-model.ts";

export type FallbackOptions = {
  /**
   * How long a model may keep silent before the next is asked, in milliseconds; `Infinity` for as long as the agent's
   * own limit allows. Not for the last model, nor for replies that are not streamed. Default 30,000.
   */
  firstEventMs?: number | undefined;
  /** Called each time that a model is given up for the next, for logs. What it throws fails the call. */
  onFallback?: ((event: { failed: LanguageModel; next: LanguageModel; error: BesedaError }) => void) | undefined;
};

/**
 * A model that asks these in order. The next one's turn comes when the one before cannot answer: it is out of reach,
 * overloaded or too slow, its key or its name is refused, the request is too long for it or has what it cannot take.
 * It does not come for a request that the service rejects, since the others would reject it too; nor once anything was
 * handed over; nor when the caller stops. Set `retry: { retries: 0, longestWaitMs: 0 }` in a model that should neither be
 * tried twice nor waited for first.
 *
 * It can do what all of them can, and costs beforehand what the first does. When all have failed, the error tells what each said, and has the code of the last.
 * @throws BesedaError `invalid-argument` for an empty list.
 */
export function fallback(models: readonly LanguageModel[], options: FallbackOptions = {}): LanguageModel {
  if (models.length === 0) {
    throw new BesedaError("A fallback needs at least one model.", {
      code: "invalid-argument",
      hint: "List the models in the order in which they are to be tried.",
    });
  }
  return {
    provider: "fallback",
    modelId: models.map(({ modelId }) => modelId).join(","),
    abilities: commonAbilities(models),
    costOf: models[0]?.costOf,
    stream: (request, call = {}) => new FallbackStream(models, options, { request, ...call }),
    // Neither operations nor batches: an id is known to one service only, and which one took the request it does not say.
  };
}

/** Those that concern this model only. */
const passedOn: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "unavailable",
  "rate-limited",
  "timeout",
  "bad-response",
  "unauthorized",
  "missing-setting",
  "not-found",
  "too-large",
  "unsupported",
  "internal",
]);

function commonAbilities(models: readonly LanguageModel[]): ModelAbilities {
  const outputs = models.map(({ abilities }) => abilities?.outputSchema ?? "never");
  const outputSchema = (["never", "without-tools"] as const).find((each) => outputs.includes(each)) ?? "always";
  return {
    tools: models.every(({ abilities }) => abilities?.tools !== false),
    outputSchema,
    streams: models.every(({ abilities }) => abilities?.streams !== false),
  };
}

type Call = ModelCallOptions & { request: ModelRequest };
type Failure = { model: LanguageModel; error: BesedaError };
type Result = IteratorResult<ModelEvent[]>;

const done: Result = { done: true, value: undefined };

/** Looks for a model that answers at the first `next()`; from then on the answer's own iterator is asked. */
class FallbackStream implements AsyncIterableIterator<ModelEvent[]> {
  readonly #models: readonly LanguageModel[];
  readonly #options: FallbackOptions;
  readonly #call: Call;
  #opening: Promise<Result> | undefined;
  /** The model that is being asked, or that answers. */
  #attempt: Attempt | undefined;
  #isOpen = false;
  #isOver = false;

  constructor(models: readonly LanguageModel[], options: FallbackOptions, call: Call) {
    this.#models = models;
    this.#options = options;
    this.#call = call;
  }

  next(): Promise<Result> {
    if (this.#isOver) return Promise.resolve(done);
    if (this.#isOpen && this.#attempt) return this.#attempt.events.next();
    if (this.#opening) {
      return this.#opening.then(
        () => this.next(),
        () => done,
      );
    }
    this.#opening = this.#open().catch((error) => {
      const isLeft = this.#isOver;
      this.#isOver = true;
      if (isLeft) return done;
      throw error;
    });
    return this.#opening;
  }

  async return(): Promise<Result> {
    this.#isOver = true;
    if (this.#isOpen) await this.#attempt?.events.return?.();
    else this.#attempt?.leave(new BesedaError("The reader has left.", { code: "aborted" }));
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #open(): Promise<Result> {
    const { firstEventMs = 30_000, onFallback } = this.#options;
    const failures: Failure[] = [];
    for (const [index, model] of this.#models.entries()) {
      this.#call.signal?.throwIfAborted();
      const next = this.#models[index + 1];
      const comesInPieces = this.#call.streamed !== false && model.abilities?.streams !== false;
      const hasLimit = next !== undefined && comesInPieces;
      try {
        this.#attempt = new Attempt(model, this.#call, hasLimit ? firstEventMs : Number.POSITIVE_INFINITY);
        const first = await this.#attempt.first();
        if (first.done) throw saidNothing(model);
        this.#isOpen = true;
        return first;
      } catch (thrown) {
        if (this.#call.signal?.aborted || this.#isOver) throw thrown;
        const error = toBesedaError(thrown);
        failures.push({ model, error });
        if (!next || !passedOn.has(error.code)) throw failures.length === 1 ? thrown : allFailed(failures);
        onFallback?.({ failed: model, next, error });
      }
    }
    return done;
  }
}

/** One model, asked; it is stopped by the caller, by its silence, or by a reader who leaves. */
class Attempt {
  readonly events: AsyncIterator<ModelEvent[]>;
  readonly #stop = new AbortController();
  readonly #silence: () => BesedaError;
  readonly #firstEventMs: number;

  constructor(model: LanguageModel, { request, signal, ...options }: Call, firstEventMs: number) {
    const own = this.#stop.signal;
    const either = signal ? AbortSignal.any([signal, own]) : own;
    this.events = model.stream(request, { ...options, signal: either })[Symbol.asyncIterator]();
    this.#firstEventMs = firstEventMs;
    this.#silence = () => tooSilent(model, firstEventMs);
  }

  /** The first result, though the model may not listen to its signal. */
  async first(): Promise<Result> {
    let timer: NodeJS.Timeout | undefined;
    const stopped = new Promise<never>((_, reject) => {
      this.#stop.signal.addEventListener("abort", () => reject(this.#stop.signal.reason));
    });
    if (this.#firstEventMs <= longestTimer) timer = setTimeout(() => this.leave(this.#silence()), this.#firstEventMs);
    try {
      return await Promise.race([this.events.next(), stopped]);
    } finally {
      clearTimeout(timer);
    }
  }

  leave(reason: BesedaError): void {
    this.#stop.abort(reason);
    // Not awaited: an iterator that hangs in next() does not come back from return() either.
    Promise.resolve(this.events.return?.()).catch(() => {});
  }
}

function tooSilent({ provider, modelId }: LanguageModel, ms: number): BesedaError {
  return new BesedaError(`${provider}:${modelId} sent nothing for ${ms} ms.`, {
    code: "timeout",
    hint: "Raise firstEventMs of the fallback where the model needs longer.",
    isRetryable: true,
  });
}

function saidNothing({ provider, modelId }: LanguageModel): BesedaError {
  return new BesedaError(`${provider}:${modelId} ended its reply without a word.`, {
    code: "bad-response",
    hint: "Try again, or look at what the service logs.",
    isRetryable: true,
  });
}

function allFailed(failures: readonly Failure[]): BesedaError {
  const said = failures.map(({ model, error }) => `${model.provider}:${model.modelId}: ${describeThrown(error)}`);
  const errors = failures.map(({ error }) => error);
  const waits = errors.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  const last = errors.at(-1);
  return new BesedaError(`None of ${failures.length} models could answer. ${said.join(" ")}`, {
    code: last?.code ?? "unavailable",
    isRetryable: errors.some(({ isRetryable }) => isRetryable),
    retryAfterMs: waits.length > 0 ? Math.min(...waits) : undefined,
    status: last?.status,
    cause: new AggregateError(errors, "What each of the models said."),
  });
}
