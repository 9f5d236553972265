export type { ConformanceCase, Skipped } from "./conformance.ts";
export { languageModelCases, type ModelHarness, modelProtocolCases } from "./language-model-cases.ts";
export { type ScriptedModel, type ScriptedReply, scriptedModel } from "./scripted-model.ts";
