// @beseda/providers/ai-sdk
export type { AiSdkModel } from "./ai-sdk-wire.ts";
export { type FromAiSdkOptions, fromAiSdk } from "./from-ai-sdk.ts";
export type { ProviderOptions } from "./to-call-options.ts";
