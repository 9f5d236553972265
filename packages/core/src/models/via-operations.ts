// A model that is asked by operations: later, at the price of later, by whoever asks it in the usual way.
import { BesedaError } from "../errors.ts";
import type {
  LanguageModel,
  ModelCallOptions,
  ModelEvent,
  ModelOperations,
  ModelRequest,
} from "../ports/language-model.ts";
import { throughOperation } from "./through-operation.ts";

/**
 * The same model, each of its replies an operation: submitted, asked after until it is done, and handed over whole. One
 * that nobody waits for any more is called off. Raise `timeouts.stepMs` and `totalMs` of the agent as the service needs.
 * @throws BesedaError `unsupported` for a model without operations.
 */
export function viaOperations(model: LanguageModel, options: { pollMs?: number | undefined } = {}): LanguageModel {
  const { operations } = model;
  if (!operations) {
    throw new BesedaError(`${model.provider}:${model.modelId} has no operations.`, {
      code: "unsupported",
      hint: "Ask it in the usual way, or take a model whose service answers asynchronously.",
    });
  }
  const { provider, modelId, abilities, batches, costOf, defaults, rateLimits } = model;
  return {
    provider,
    modelId,
    abilities: { ...abilities, streams: false },
    operations,
    batches,
    costOf: costOf && ((usage, calls) => costOf(usage, calls === "sync" ? "async" : calls)),
    defaults,
    rateLimits,
    stream: (request, { signal, untilSent } = {}) =>
      new OperationReply(operations, { request, signal, untilSent, ...options }),
  };
}

type Asked = Pick<ModelCallOptions, "signal" | "untilSent"> & { request: ModelRequest; pollMs?: number | undefined };

const done = { done: true, value: undefined } as const;

class OperationReply implements AsyncIterableIterator<ModelEvent[]> {
  readonly #operations: ModelOperations;
  readonly #asked: Asked;
  readonly #left = new AbortController();
  #reply: Promise<ModelEvent[]> | undefined;

  constructor(operations: ModelOperations, asked: Asked) {
    this.#operations = operations;
    this.#asked = asked;
  }

  async next(): Promise<IteratorResult<ModelEvent[]>> {
    if (this.#left.signal.aborted) return done;
    if (this.#reply) {
      // An error is thrown once, by the first.
      await this.#reply.catch(() => {});
      return done;
    }
    this.#reply = this.#ask();
    try {
      return { done: false, value: await this.#reply };
    } catch (error) {
      if (this.#left.signal.aborted) return done;
      throw error;
    }
  }

  async return(): Promise<IteratorResult<ModelEvent[]>> {
    this.#left.abort();
    return done;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #ask(): Promise<ModelEvent[]> {
    const { request, signal: callers, untilSent, pollMs } = this.#asked;
    const signal = callers ? AbortSignal.any([callers, this.#left.signal]) : this.#left.signal;
    return throughOperation(this.#operations, request, { signal, untilSent, pollMs });
  }
}
