// @beseda/providers/openai-compatible
export { type ListedModel, listModels } from "./list-models.ts";
export { type OpenAICompatibleOptions, openaiCompatible, openaiCompatibleFromEnv } from "./openai-compatible.ts";
export { type Quirks, quirks } from "./quirks.ts";
export type { ServerOptions } from "./server-address.ts";
