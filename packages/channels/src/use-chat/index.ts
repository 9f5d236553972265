// @beseda/channels/use-chat
export type { FailurePart } from "./failure-text.ts";
export { type FromUiMessagesOptions, fromUiMessages } from "./from-ui-messages.ts";
export {
  toUiMessageStream,
  toUiMessageStreamResponse,
  type UiMessageStreamOptions,
  uiMessageStreamHeaders,
} from "./to-ui-message-stream.ts";
export type { SubAgentActivity, ToolProgress } from "./ui-wire.ts";
