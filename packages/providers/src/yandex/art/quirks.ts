// How the families of models that paint differ.
import { parseModelUri } from "../model-uri.ts";

export type ArtQuirks = {
  /** `native`: operations, seeds, weights, any proportion. `openai`: one call, a few sizes. */
  api: "native" | "openai";
};

/** Models of later families than YandexART are reported behind the OpenAI-compatible API only; not verified. */
export function artQuirksFor(modelUri: string, declared: { api?: ArtQuirks["api"] | undefined }): ArtQuirks {
  const name = parseModelUri(modelUri)?.name ?? "";
  return { api: declared.api ?? (name.startsWith("yandex-art") ? "native" : "openai") };
}
