// A model request as the options of one call of the AI SDK. Pure.
import type { JsonValue, ModelRequest, ModelSettings } from "@beseda/core";
import type { AiCallOptions, AiMessage, AiMetadata, AiSdkModel } from "./ai-sdk-wire.ts";
import { toPrompt } from "./to-prompt.ts";

/** By the name of a provider, the options that only it knows: `{ openai: { serviceTier: "flex" } }`. */
export type ProviderOptions = Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;

/** Who is called, and with what besides the request. */
export type AiCall = { model: AiSdkModel; specification: number; providerOptions: ProviderOptions };

/** @throws BesedaError `invalid-argument` for a file in the thread that is no address. */
export function toCallOptions(request: ModelRequest, call: AiCall): AiCallOptions {
  const { settings, tools, toolChoice, outputSchema } = request;
  const { temperature, topP, maxOutputTokens, seed, stopSequences, promptCache, reasoningEffort } = settings;
  const prompt = toPrompt(request, call.specification);
  return {
    prompt: promptCache && isAnthropic(call.model) ? withMarks(prompt, promptCache) : prompt,
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    ...(seed !== undefined && { seed }),
    ...(stopSequences !== undefined && { stopSequences }),
    ...(outputSchema && { responseFormat: { type: "json", schema: outputSchema } }),
    ...(tools.length > 0 && {
      tools: tools.map(({ name, description, inputSchema }) => ({ type: "function", name, description, inputSchema })),
      toolChoice: typeof toolChoice === "string" ? { type: toolChoice } : { type: "tool", ...toolChoice },
    }),
    ...(reasoningEffort && isShared(reasoningEffort, call) && { reasoning: reasoningEffort }),
    ...toProviderOptions(settings, call),
  };
}

const sharedEfforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** Since v4 there are words that all providers know; before, and for other words, it is an option of the provider. */
function isShared(reasoningEffort: string, { specification }: AiCall): boolean {
  return specification >= 4 && sharedEfforts.includes(reasoningEffort);
}

/** What was given to fromAiSdk() goes over what the settings come to. */
function toProviderOptions(settings: ModelSettings, call: AiCall): Partial<AiCallOptions> {
  const { model, providerOptions } = call;
  const { reasoningEffort, promptCache } = settings;
  const own: Record<string, JsonValue> = {};
  if (reasoningEffort !== undefined && !isShared(reasoningEffort, call)) {
    own[isAnthropic(model) ? "effort" : "reasoningEffort"] = reasoningEffort;
  }
  if (promptCache?.key !== undefined && providerOf(model) === "openai") own.promptCacheKey = promptCache.key;
  if (Object.keys(own).length === 0) return Object.keys(providerOptions).length > 0 ? { providerOptions } : {};
  const name = isAnthropic(model) ? "anthropic" : providerOf(model);
  return { providerOptions: { ...providerOptions, [name]: { ...own, ...providerOptions[name] } } };
}

/** Anthropic caches up to where it is told: here the tools with the instructions, and the thread so far. */
function withMarks(prompt: readonly AiMessage[], { ttl }: NonNullable<ModelSettings["promptCache"]>): AiMessage[] {
  const mark: AiMetadata = { anthropic: { cacheControl: { type: "ephemeral", ...(ttl && { ttl }) } } };
  const last = prompt.length - 1;
  return prompt.map((message, index) =>
    message.role === "system" || index === last ? { ...message, providerOptions: mark } : message,
  );
}

/** A provider is called `openai.responses` or `amazon-bedrock.anthropic.messages`. */
function providerOf({ provider }: AiSdkModel): string {
  return provider.split(".")[0] ?? provider;
}

function isAnthropic({ provider }: AiSdkModel): boolean {
  return provider.split(".").includes("anthropic");
}
