// A model behind any server that speaks OpenAI's chat completions.
import { BesedaError, type LanguageModel } from "@beseda/core";
import type { RetryPolicy } from "@beseda/core/http";
import { chatBatches } from "./batches/chat-batches.ts";
import { chatModel } from "./chat-model.ts";
import { type Quirks, quirksFor } from "./quirks.ts";
import { endpoint, type ServerOptions, toServer } from "./server-address.ts";

export type OpenAICompatibleOptions = ServerOptions & {
  /** The name that the server knows it by. */
  model: string;
  /** What the model's `provider` is, for logs. Default `openai-compatible`. */
  provider?: string | undefined;
  /** A preset, such as `quirks.vllm`, or single fields. What is left out comes from the preset for the address. */
  quirks?: Partial<Quirks> | undefined;
  /** Whether the server takes batches by a Files and Batches API like OpenAI's. Default: as its quirks say; OpenAI's own does. */
  batches?: boolean | undefined;
  retry?: RetryPolicy | undefined;
};

/**
 * A model over POST `<baseURL>/chat/completions`. Nothing is sent before it is asked something.
 * @throws BesedaError `invalid-argument` for an address or a model that cannot be one.
 */
export function openaiCompatible(options: OpenAICompatibleOptions): LanguageModel {
  const { model, provider = "openai-compatible", retry } = options;
  if (typeof model !== "string" || model.trim() === "") {
    throw new BesedaError("The name of the model is empty.", {
      code: "invalid-argument",
      hint: "listModels({ baseURL, apiKey }) tells which models the server has.",
    });
  }
  const server = toServer(options);
  const url = endpoint(server, "chat/completions");
  const { headers } = server;
  const quirks = quirksFor(server.baseURL, options.quirks);
  const { batches = quirks.batches } = options;
  return {
    ...chatModel({
      provider,
      modelId: model,
      model,
      quirks,
      request: (body, { signal, untilSent }) => ({ url, headers, body, signal, untilSent, retry }),
    }),
    ...(batches && { batches: chatBatches({ server, model, quirks, retry }) }),
  };
}

/**
 * A model of OpenAI, or of the server that OPENAI_BASE_URL names, with the key in OPENAI_API_KEY.
 * @throws BesedaError `missing-setting` without the key; a server named by OPENAI_BASE_URL may do without.
 */
export function openaiCompatibleFromEnv(model: string): LanguageModel {
  const apiKey = process.env.OPENAI_API_KEY?.trim();
  const baseURL = process.env.OPENAI_BASE_URL?.trim();
  if (!apiKey && !baseURL) {
    throw new BesedaError(`The model openai:${model} needs a key.`, {
      code: "missing-setting",
      hint: "Set OPENAI_API_KEY; for another OpenAI-compatible server set OPENAI_BASE_URL too.",
    });
  }
  return openaiCompatible({ baseURL: baseURL || "https://api.openai.com/v1", apiKey, model, provider: "openai" });
}
