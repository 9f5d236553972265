// The models of Yandex AI Studio, over whichever of its APIs each is reached by.
import { type LanguageModel, type ModelBatches, viaOperations } from "@beseda/core";
import { requestIdOf } from "@beseda/core/http";
import { chatModel } from "../openai-compatible/chat-model.ts";
import type { ListedModel } from "../openai-compatible/list-models.ts";
import { batchesOnDemand } from "./batches-on-demand.ts";
import { checkedSettings } from "./checked-request.ts";
import type { YandexConnection, YandexSettings } from "./connection/connection.ts";
import { connectionOf } from "./connection/connection-of.ts";
import { finished } from "./finished.ts";
import { listYandexModels } from "./list-models.ts";
import { toModelUri } from "./model-uri.ts";
import { type NativeModel, nativeModel } from "./native/native-model.ts";
import { batchRunCost, textCost } from "./prices/cost.ts";
import { type DeclaredQuirks, quirksFor, tailOf } from "./quirks.ts";
import { withRoomCheck } from "./room-check.ts";
import { yandexTokenizer } from "./tokenizer/tokenizer.ts";

export type YandexModelOptions = YandexSettings & {
  /** What several models share; then it is not made of the settings. */
  connection?: YandexConnection | undefined;
  /** Default: the native one for models of Yandex and those tuned from them, the OpenAI-compatible one for all others. */
  api?: "native" | "openai" | undefined;
  /**
   * `async`: every reply is an operation, which takes longer and costs less. Models of Yandex only, over the native API.
   * Raise `timeouts.stepMs` and `totalMs` of the agent as the service needs.
   */
  via?: "async" | undefined;
  /** How soon what takes its time is asked after again, at first. Milliseconds, default 1,000, and at most ten times that. */
  pollMs?: number | undefined;
  /** `false`: one tool call in a reply at most. */
  parallelToolCalls?: boolean | undefined;
  /** `true`: answers are JSON, of any shape. The instructions have to ask for JSON too. */
  jsonObject?: boolean | undefined;
  /**
   * How many tokens its context has. Then a request that may be too long is counted first, which is free, and refused as
   * `too-large` before it is billed.
   */
  contextTokens?: number | undefined;
  /** Where the model differs from its family. */
  quirks?: DeclaredQuirks | undefined;
};

/**
 * A model by its name (`yandexgpt/latest`) or its whole URI (`gpt://…`), tuned ones and dedicated instances among them.
 * Without a key and a folder in the options those of the environment are taken. Nothing is sent before it is asked something.
 *
 * @throws BesedaError `invalid-argument` for what can be no model and a context of no length, `missing-setting` without credentials or a folder,
 * `unsupported` for `via: "async"` where the model has no operations
 */
function yandexModel(model: string, options: YandexModelOptions = {}): LanguageModel {
  const { via, pollMs, contextTokens, parallelToolCalls, jsonObject } = options;
  const connection = connectionOf(options);
  const modelUri = toModelUri(model, "gpt", connection.folderId);
  const quirks = quirksFor(modelUri, options.quirks);
  const { api = quirks.api } = options;
  const one: NativeModel = { modelUri, quirks, parallelToolCalls, jsonObject };
  const asked = api === "native" ? nativeModel(connection, one) : openaiModel(connection, one);
  const priced = { ...asked, costOf: costsOf(modelUri, connection.prices) };
  const whole: LanguageModel = quirks.batches
    ? { ...priced, batches: batchesOf(modelUri, options, connection) }
    : priced;
  const checked =
    contextTokens === undefined
      ? whole
      : withRoomCheck(whole, yandexTokenizer(modelUri, { connection }), contextTokens);
  return via === "async" ? viaOperations(checked, { pollMs }) : checked;
}

function costsOf(modelUri: string, prices: YandexConnection["prices"]): LanguageModel["costOf"] {
  return (usage, mode) =>
    mode === "batch"
      ? batchRunCost({ prices, modelUri, tokens: usage.totalTokens })
      : textCost({ prices, modelUri, mode, usage });
}

/** Nobody else pays for gRPC: it is loaded with the first call, and tells then what has to be installed for it. */
function batchesOf(
  modelUri: string,
  { quirks, pollMs, jsonObject }: YandexModelOptions,
  connection: YandexConnection,
): ModelBatches {
  return batchesOnDemand(async () => {
    const { yandexBatches } = await import("./grpc/batches/batches.ts");
    return yandexBatches(modelUri, { connection, quirks, pollMs, jsonObject });
  });
}

function openaiModel(
  connection: YandexConnection,
  { modelUri, quirks, parallelToolCalls, jsonObject }: NativeModel,
): LanguageModel {
  const billing = { prices: connection.prices, modelUri, mode: "sync" } as const;
  return chatModel({
    provider: "yandex",
    modelId: tailOf(modelUri),
    model: modelUri,
    quirks: quirks.chat,
    more: ({ tools, settings }) => {
      checkedSettings(settings, quirks.warmest);
      return {
        ...(parallelToolCalls === false && tools.length > 0 && { parallel_tool_calls: false }),
        ...(jsonObject && { response_format: { type: "json_object" } }),
      };
    },
    request: (body, { signal, untilSent }) =>
      connection.request({ at: "openai", path: "/v1/chat/completions", body, quota: "openai", signal, untilSent }),
    finished: (finish, { headers }) => finished(finish, billing, requestIdOf(headers)),
  });
}

export type YandexModels = {
  (model: string, options?: YandexModelOptions): LanguageModel;
  /**
   * Which models there are, by their whole URIs, those that were tuned in the folder among them.
   * @throws BesedaError what asking a model would throw
   */
  models(
    options?: YandexSettings & { connection?: YandexConnection | undefined; signal?: AbortSignal | undefined },
  ): Promise<ListedModel[]>;
};

export const yandex: YandexModels = Object.assign(yandexModel, {
  models: async ({ signal, ...options }: Parameters<YandexModels["models"]>[0] = {}) =>
    listYandexModels(connectionOf(options), signal),
});
