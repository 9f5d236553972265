// A model with settings of its own, for all who use it.
import type { LanguageModel, ModelDefaults, ModelRequest } from "../ports/language-model.ts";
import { changedCapabilities } from "./changed-capabilities.ts";

/** The same model, asked with these defaults. What a request sets itself wins. */
export function withDefaults(model: LanguageModel, { settings = {}, instructions = "" }: ModelDefaults): LanguageModel {
  const withOwn = (request: ModelRequest): ModelRequest => {
    const own = Object.entries(request.settings).filter(([, value]) => value !== undefined);
    return {
      ...request,
      instructions: joined(instructions, request.instructions),
      settings: { ...settings, ...Object.fromEntries(own) },
    };
  };
  const inner = model.defaults ?? {};
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: model.abilities,
    costOf: model.costOf,
    defaults: {
      settings: { ...inner.settings, ...settings },
      instructions: joined(inner.instructions ?? "", instructions),
    },
    rateLimits: model.rateLimits,
    stream: (request, options) => model.stream(withOwn(request), options),
    ...changedCapabilities(model, { request: withOwn }),
  };
}

function joined(...texts: string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}
