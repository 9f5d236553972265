// A model with settings of its own, for all who use it.
import type { LanguageModel, ModelRequest, ModelSettings } from "../ports/language-model.ts";
import { changedCapabilities } from "./changed-capabilities.ts";

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
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: model.abilities,
    costOf: model.costOf,
    rateLimits: model.rateLimits,
    stream: (request, options) => model.stream(withOwn(request), options),
    ...changedCapabilities(model, { request: withOwn }),
  };
}
