// What a provider wants to see again of a reply, as it is kept in a thread: signatures of thinking, ids of items.
import type { JsonValue } from "@beseda/core";
import type { AiMetadata } from "./ai-sdk-wire.ts";

/**
 * A reasoning part can be several blocks, each with data of its own; `length` is how much of the part's text is the
 * block's. `text` belongs to the text that follows: a service may refuse the reasoning without the item that came of it.
 */
export type KeptReasoning = {
  blocks: { length: number; metadata?: AiMetadata | undefined }[];
  text?: AiMetadata | undefined;
};

/** As `providerData` of a part, under a name by which it is known again. */
export function toProviderData(kept: KeptReasoning | AiMetadata): JsonValue {
  return JSON.parse(JSON.stringify({ aiSdk: kept }));
}

/** Nothing for what another adapter has kept. */
export function keptReasoning(providerData: JsonValue | undefined): KeptReasoning | undefined {
  const kept = aiSdkData(providerData) as KeptReasoning | undefined;
  return Array.isArray(kept?.blocks) ? kept : undefined;
}

export function keptOfCall(providerData: JsonValue | undefined): AiMetadata | undefined {
  return aiSdkData(providerData) as AiMetadata | undefined;
}

function aiSdkData(providerData: JsonValue | undefined): object | undefined {
  if (typeof providerData !== "object" || providerData === null || Array.isArray(providerData)) return undefined;
  const { aiSdk } = providerData;
  return typeof aiSdk === "object" && aiSdk !== null ? aiSdk : undefined;
}
