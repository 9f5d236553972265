export { Agent, type AgentOptions, type OutputOf } from "./agent/agent.ts";
export type { AgentInput, RunOptions } from "./agent/agent-options.ts";
export type { PreparedStep, PrepareStep, StepOutlook } from "./agent/agent-plan.ts";
export { type Decision, type PendingApproval, readApprovalId } from "./agent/approvals.ts";
export type { AgentEvents, Caller, Publication } from "./agent/event-bus.ts";
export type { PartialOutput } from "./agent/pick-parts.ts";
export { planStep, type ReasoningStyle, repairThread, type StepPlan } from "./agent/plan-step.ts";
export type { Run } from "./agent/run.ts";
export { RunError, type RunResult, type Step } from "./agent/run-record.ts";
export type { PartBody, StreamPart } from "./agent/stream-part.ts";
export type { Timeouts } from "./agent/timeouts.ts";
export { BesedaError, describeThrown, type ErrorCode, type ErrorDetails, toBesedaError } from "./errors.ts";
export { estimateTokens, estimateUsage, messageTokens } from "./estimate-usage.ts";
export {
  type AssistantMessage,
  type AssistantPart,
  addUsage,
  type FilePart,
  type FinishReason,
  type ImagePart,
  type JsonValue,
  type Message,
  messageFormat,
  noUsage,
  type ReasoningPart,
  type ReplyMetadata,
  type Source,
  type TextPart,
  type ToolCallPart,
  type ToolMessage,
  textOf,
  toolCallsOf,
  type Usage,
  type UserMessage,
  type UserPart,
} from "./message.ts";
export { type FallbackOptions, fallback } from "./models/fallback.ts";
export { type RateLimitOptions, rateLimited } from "./models/rate-limited.ts";
export { type RecordedOptions, recorded } from "./models/recorded.ts";
export { replyText } from "./models/reply-text.ts";
export { throughOperation } from "./models/through-operation.ts";
export { viaOperations } from "./models/via-operations.ts";
export { type WaitOptions, waitForOperation } from "./models/wait-for-operation.ts";
export { withDefaults } from "./models/with-defaults.ts";
export type { EmbeddingModel, EmbeddingOptions, Embeddings } from "./ports/embedding-model.ts";
export type { GeneratedImage, ImageModel, ImageRequest } from "./ports/image-model.ts";
export type {
  Job,
  JobEngine,
  JobError,
  JobFiles,
  JobFilter,
  JobOutcome,
  JobState,
  Lease,
  NewJob,
} from "./ports/job-engine.ts";
export type { CallOutcome, Journal, JournalledCall } from "./ports/journal.ts";
export type {
  BatchOutcome,
  BatchReply,
  BatchRequests,
  LanguageModel,
  ModelAbilities,
  ModelBatches,
  ModelCallOptions,
  ModelDefaults,
  ModelEvent,
  ModelOperations,
  ModelRequest,
  ModelSettings,
  ToolChoice,
} from "./ports/language-model.ts";
export type { Memory, ThreadSummary } from "./ports/memory.ts";
export type { Operation, OperationCallOptions, Operations, SubmitOptions } from "./ports/operation.ts";
export type { Store } from "./ports/store.ts";
export type { Classification, Prediction, TextClassifier } from "./ports/text-classifier.ts";
export type { Token, Tokenizer } from "./ports/tokenizer.ts";
export type { TunedModel, Tuner, TuningRequest } from "./ports/tuner.ts";
export { ThinkSplitter, thinkClose, thinkOpen } from "./reasoning/chain-of-thought.ts";
export { promptedTools } from "./reasoning/prompted-tools.ts";
export { type CallHead, hermesProtocol, type ToolProtocol, type WrittenCall } from "./reasoning/tool-protocol.ts";
export type { AnySchema, InferInput, JsonSchema, StandardSchema } from "./tool/json-schema.ts";
export { outputText, plainOutput } from "./tool/output-text.ts";
export {
  type AgentBehind,
  type ApprovalContext,
  type Tool,
  type ToolContext,
  type ToolDefinition,
  type ToolEffects,
  type ToolOptions,
  tool,
} from "./tool/tool.ts";
