// A model with settings of its own, for all who use it.
import type { LanguageModel, ModelSettings } from "../ports/language-model.ts";

export type ModelDefaults = {
  /** Each is used where the request does not set it. */
  settings?: ModelSettings | undefined;
  /** Put before the instructions of every request, a blank line between: what this model has to be told. */
  instructions?: string | undefined;
};

/** The same model, asked with these defaults. What a request sets itself wins. */
export function withDefaults(model: LanguageModel, { settings = {}, instructions = "" }: ModelDefaults): LanguageModel {
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: model.abilities,
    stream(request, options) {
      const both = [instructions, request.instructions].filter((text) => text !== "");
      const own = Object.entries(request.settings).filter(([, value]) => value !== undefined);
      return model.stream(
        { ...request, instructions: both.join("\n\n"), settings: { ...settings, ...Object.fromEntries(own) } },
        options,
      );
    },
  };
}
