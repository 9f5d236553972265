export type { ConformanceCase, Skipped } from "./conformance.ts";
export { languageModelCases, type ModelHarness } from "./language-model-cases.ts";
export { type MemoryHarness, memoryCases } from "./memory-cases.ts";
export { modelProtocolCases } from "./model-protocol-cases.ts";
export { type ScriptedModel, type ScriptedReply, scriptedModel } from "./scripted-model.ts";
export { type StoreHarness, storeCases } from "./store-cases.ts";
