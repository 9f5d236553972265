// For tests: a model that takes batches, with a ledger of what it has billed. As strict as a service.
import {
  type BatchReply,
  BesedaError,
  type LanguageModel,
  type ModelBatches,
  type ModelEvent,
  type ModelRequest,
} from "@beseda/core";

export type MemoryBatches = LanguageModel & {
  batches: ModelBatches;
  /** What each batch had, in the order in which they were taken. */
  taken: { id: string; key: string; requests: ModelRequest[] }[];
  /** Requests that were asked directly. */
  asked: ModelRequest[];
  polls: string[];
};

export type Answer = (request: ModelRequest, nth: { batch: number; index: number }) => ModelEvent[] | BesedaError;

export type MemoryBatchesOptions = {
  modelId?: string;
  /** So many polls say that it is not done. Default 1. */
  unfinished?: number;
  /** Called before anything is done; what it throws fails the call. */
  onCall?: (call: "start" | "started" | "poll" | "reply", nth: number) => unknown;
  /** Refuses a batch before it is taken. */
  refuse?: (requests: readonly ModelRequest[]) => BesedaError | undefined;
  /** What is said against a batch in the end. One that was `aborted` has replies all the same; of a failure that may pass the key is free again. */
  end?: (requests: readonly ModelRequest[], nth: number) => BesedaError | undefined;
};

export function memoryBatches(
  answer: Answer,
  {
    modelId = "batched",
    unfinished = 1,
    onCall = () => {},
    refuse = () => undefined,
    end = () => undefined,
  }: MemoryBatchesOptions = {},
): MemoryBatches {
  const taken: MemoryBatches["taken"] = [];
  const asked: ModelRequest[] = [];
  const polls: string[] = [];
  const endOf = ({ id, requests }: MemoryBatches["taken"][number]) =>
    end(requests, taken.findIndex((each) => each.id === id) + 1);
  const calls = { start: 0, started: 0, poll: 0, reply: 0 };
  const called = async (call: keyof typeof calls) => onCall(call, ++calls[call]);
  const known = (id: string) => {
    const batch = taken.find((each) => each.id === id);
    if (!batch) throw new BesedaError(`There is no batch ${id}.`, { code: "not-found" });
    return batch;
  };
  const batches: ModelBatches = {
    async start(given, { key, signal }) {
      await called("start");
      const requests: ModelRequest[] = [];
      // As the wire has them: nothing else than JSON arrives.
      for await (const request of given) requests.push(JSON.parse(JSON.stringify(request)));
      const refused = refuse(requests);
      if (refused) throw refused;
      let batch = taken.find((each) => each.key === key && !endOf(each)?.isRetryable);
      if (batch && JSON.stringify(batch.requests) !== JSON.stringify(requests)) {
        throw new BesedaError("This key was used for other requests.", { code: "invalid-argument" });
      }
      batch ??= { id: `batch-${taken.length + 1}`, key, requests };
      if (!taken.includes(batch)) taken.push(batch);
      await called("started");
      // The batch is there, and its id is lost.
      signal?.throwIfAborted();
      return { id: batch.id, done: false };
    },
    async poll(id) {
      const error = endOf(known(id));
      polls.push(id);
      await called("poll");
      const done = polls.filter((each) => each === id).length > unfinished;
      if (!done) return { id, done };
      return error ? { id, done, error } : { id, done, response: {} };
    },
    async cancel(id) {
      return { id: known(id).id, done: false };
    },
    async *replies(id, given) {
      const error = endOf(known(id));
      if (error && error.code !== "aborted") throw error;
      const { requests } = known(id);
      let index = 0;
      for await (const request of given) {
        if (JSON.stringify(request) !== JSON.stringify(requests[index++]))
          throw new Error("Other requests than it had.");
      }
      if (index !== requests.length) throw new Error(`${index} requests of ${requests.length}.`);
      const batch = taken.findIndex((each) => each.id === id) + 1;
      // In no order.
      for (const place of [...requests.keys()].reverse()) {
        await called("reply");
        const said = answer(requests[place] as ModelRequest, { batch, index: place });
        const reply: BatchReply =
          said instanceof BesedaError ? { index: place, error: said } : { index: place, events: said };
        yield reply;
      }
    },
  };
  return {
    provider: "test",
    modelId,
    batches,
    taken,
    asked,
    polls,
    async *stream(request) {
      asked.push(request);
      const said = answer(request, { batch: 0, index: asked.length - 1 });
      if (said instanceof BesedaError) throw said;
      yield said;
    },
  };
}
