// @beseda/providers/yandex
export { type YandexArtOptions, yandexArt } from "./art/art.ts";
export type { Credentials } from "./auth/credentials.ts";
export type { ServiceAccountKey } from "./auth/service-account-key.ts";
export type { CredentialSettings } from "./auth/to-credentials.ts";
export {
  type ClassifierSample,
  type ClassifierTask,
  type TunedClassifier,
  type YandexClassifierOptions,
  yandexClassifier,
} from "./classifier/classifier.ts";
export {
  type QuotaName,
  type YandexCall,
  type YandexConnection,
  type YandexSettings,
  yandexConnection,
} from "./connection/connection.ts";
export { yandexFromEnv } from "./connection/yandex-from-env.ts";
export { type YandexEmbeddingsOptions, yandexEmbeddings } from "./embeddings/embeddings.ts";
export { type YandexEndpoints, yandexEndpoints } from "./endpoints.ts";
export {
  batchRunCost,
  type Cost,
  classificationCost,
  embeddingCost,
  imageCost,
  textCost,
  toolCallsCost,
} from "./prices/cost.ts";
export {
  type ByModel,
  type ClassificationRate,
  type TextRates,
  toPrices,
  type YandexPrices,
  yandexPrices,
} from "./prices/prices.ts";
export type { DeclaredQuirks, YandexQuirks } from "./quirks.ts";
export {
  codeInterpreter,
  type FileSearchOptions,
  fileSearch,
  type HostedMcpOptions,
  type HostedTool,
  hostedMcp,
  type WebSearchOptions,
  webSearch,
} from "./responses/hosted-tools.ts";
export { type YandexResponsesOptions, yandexResponses } from "./responses/yandex-responses.ts";
export { type YandexTokenizerOptions, yandexTokenizer } from "./tokenizer/tokenizer.ts";
export { type YandexModelOptions, type YandexModels, yandex } from "./yandex.ts";
