export type { ConformanceCase, Skipped } from "./conformance.ts";
export { type ScriptedModel, type ScriptedReply, scriptedModel } from "./scripted-model.ts";
