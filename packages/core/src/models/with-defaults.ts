// A model with settings of its own, for all who use it.
import type { BatchRequests, LanguageModel, ModelRequest, ModelSettings } from "../ports/language-model.ts";

export type ModelDefaults = {
  /** Each is used where the request does not set it. */
  settings?: ModelSettings | undefined;
  /** Put before the instructions of every request, a blank line between: what this model has to be told. */
  instructions?: string | undefined;
};

/** The same model, asked with these defaults. What a request sets itself wins. */
export function withDefaults(model: LanguageModel, { settings = {}, instructions = "" }: ModelDefaults): LanguageModel {
  const withOwn = (request: ModelRequest): ModelRequest => {
    const both = [instructions, request.instructions].filter((text) => text !== "");
    const own = Object.entries(request.settings).filter(([, value]) => value !== undefined);
    return { ...request, instructions: both.join("\n\n"), settings: { ...settings, ...Object.fromEntries(own) } };
  };
  const { operations, batches } = model;
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: model.abilities,
    stream: (request, options) => model.stream(withOwn(request), options),
    operations: operations && {
      submit: (request, options) => operations.submit(withOwn(request), options),
      poll: (id, options) => operations.poll(id, options),
      cancel: (id, options) => operations.cancel(id, options),
    },
    batches: batches && {
      start: (requests, options) => batches.start(each(requests, withOwn), options),
      poll: (id, options) => batches.poll(id, options),
      cancel: (id, options) => batches.cancel(id, options),
      replies: (id, requests, options) => batches.replies(id, each(requests, withOwn), options),
    },
  };
}

async function* each(
  requests: BatchRequests,
  change: (request: ModelRequest) => ModelRequest,
): AsyncGenerator<ModelRequest> {
  for await (const request of requests) yield change(request);
}
