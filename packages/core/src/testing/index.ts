export { type ConformanceCase, type Skipped, withoutSkipped } from "./conformance.ts";
export { languageModelCases, type ModelHarness } from "./language-model-cases.ts";
export { type MemoryHarness, memoryCases } from "./memory-cases.ts";
export { modelProtocolCases } from "./model-protocol-cases.ts";
export type { CallPieces, ScriptedCall } from "./model-server/call-deltas.ts";
export type { ScriptedAnswer } from "./model-server/chat-reply-chunks.ts";
export { complaintAbout, type ServerStyle } from "./model-server/check-chat-request.ts";
export {
  type ModelServer,
  type ModelServerOptions,
  type ReceivedRequest,
  type RequestEnd,
  startModelServer,
} from "./model-server/model-server.ts";
export type { Delivery, RawReply, ReplyHeaders, ServerReply, StatusReply } from "./model-server/server-reply.ts";
export { brokenText, everyKind, hostileValue, oddNames, oddText } from "./odd-text.ts";
export { promptedReply } from "./prompted-reply.ts";
export { type ScriptedModel, type ScriptedReply, scriptedModel } from "./scripted-model.ts";
export { type StoreHarness, storeCases } from "./store-cases.ts";
export { type WireRecorder, type WireRecorderOptions, wireRecorder } from "./wire-recorder/wire-recorder.ts";
export type { WireRequest } from "./wire-recorder/wire-tape.ts";
