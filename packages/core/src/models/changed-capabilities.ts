// What a wrapper passes on of a model that answers later, too: requests changed on the way in, replies on the way out.
import type {
  BatchRequests,
  LanguageModel,
  ModelEvent,
  ModelOperations,
  ModelRequest,
} from "../ports/language-model.ts";

export type Changes = {
  request(request: ModelRequest): ModelRequest;
  /** The events of a whole reply. */
  reply?(events: readonly ModelEvent[]): ModelEvent[];
};

export function changedCapabilities(
  { operations, batches }: LanguageModel,
  { request: change, reply = (events) => [...events] }: Changes,
): Pick<LanguageModel, "operations" | "batches"> {
  type Reply = Awaited<ReturnType<ModelOperations["poll"]>>;
  const changed = (operation: Reply): Reply =>
    operation.response ? { ...operation, response: reply(operation.response) } : operation;
  return {
    operations: operations && {
      submit: async (request, options) => changed(await operations.submit(change(request), options)),
      poll: async (id, options) => changed(await operations.poll(id, options)),
      cancel: async (id, options) => changed(await operations.cancel(id, options)),
    },
    batches: batches && {
      tools: batches.tools,
      windowHours: batches.windowHours,
      start: (requests, options) => batches.start(each(requests, change), options),
      poll: (id, options) => batches.poll(id, options),
      cancel: (id, options) => batches.cancel(id, options),
      async *replies(id, requests, options) {
        for await (const answer of batches.replies(id, each(requests, change), options)) {
          yield answer.events ? { ...answer, events: reply(answer.events) } : answer;
        }
      },
    },
  };
}

async function* each(
  requests: BatchRequests,
  change: (request: ModelRequest) => ModelRequest,
): AsyncGenerator<ModelRequest> {
  for await (const request of requests) yield change(request);
}
