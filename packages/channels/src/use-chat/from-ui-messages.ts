// What a useChat client posts, as what an agent is asked.
import {
  type AgentInput,
  BesedaError,
  type Decision,
  type Message,
  readApprovalId,
  type UserMessage,
  type UserPart,
} from "@beseda/core";
import {
  checkedMessages,
  invalid,
  isObject,
  isTool,
  textField,
  type UiMessage,
  type UiPart,
} from "./check-ui-messages.ts";
import { toMessages } from "./ui-history.ts";

export type FromUiMessagesOptions = {
  /**
   * Who keeps the conversation. `server`, the default: the agent has a memory and the run a `threadId`, so that only what
   * the user says now is taken. `client`: all messages are taken as they come, and with them what the agent said and what
   * tools answered, which a client can make up.
   */
  history?: "server" | "client" | undefined;
};

/**
 * The `messages` of the body that `useChat` posts, for `agent.stream()`: what the user says, or what the user decided on
 * calls that wait for an approval. Text, images and files are taken; `system` messages are refused. Give `agent.stream()`
 * the `userId`, so that nobody decides for somebody else.
 *
 * @throws BesedaError `invalid-argument` for anything that is not of the right shape, `unsupported` for the result of a
 * tool that the client ran itself. A body of a sensible size is the server's to see to.
 */
export function fromUiMessages(messages: unknown, { history = "server" }: FromUiMessagesOptions = {}): AgentInput {
  const checked = checkedMessages(messages);
  const last = checked.at(-1) as UiMessage;
  if (last.role === "assistant") return decisionsIn(checked);
  if (history === "server") return toUserMessage(last);
  return checked.flatMap<Message>((message) =>
    message.role === "user" ? [toUserMessage(message)] : toMessages(message),
  );
}

function toUserMessage({ parts, at }: UiMessage): UserMessage {
  return { role: "user", content: parts.flatMap((part, index) => toUserPart(part, `${at}.parts[${index}]`)) };
}

function toUserPart(part: UiPart, at: string): UserPart[] {
  if (part.type === "text") return [{ type: "text", text: textField(part, "text", at) }];
  // What a program adds for itself.
  if (part.type.startsWith("data-")) return [];
  if (part.type !== "file") throw invalid(`${at}.type`, "is neither text nor file");
  const mediaType = textField(part, "mediaType", at);
  const url = textField(part, "url", at);
  if (!/^[\w.+-]+\/[\w.+*-]+$/.test(mediaType)) throw invalid(`${at}.mediaType`, "is no media type");
  if (!/^(data:|https?:\/\/)/i.test(url)) throw invalid(`${at}.url`, "is neither a data: URL nor an http(s) address");
  if (mediaType.startsWith("image/")) return [{ type: "image", image: url }];
  const name = part.filename === undefined ? undefined : textField(part, "filename", at);
  return [{ type: "file", file: url, mediaType, ...(name !== undefined && { name }) }];
}

/** A client marks a call as responded until it hears of it again; those of the run that was answered last. */
function decisionsIn(messages: readonly UiMessage[]): { runId: string; decisions: Decision[] } {
  const answered = messages.flatMap(({ parts, at }) =>
    parts
      .filter((part) => isTool(part) && part.state === "approval-responded")
      .map(({ approval }) => toDecision(approval, at)),
  );
  const runId = answered.at(-1)?.runId;
  if (runId === undefined) {
    throw new BesedaError("The last message is the assistant's, and no approval in it is answered.", {
      code: "unsupported",
      hint: "Send a message of the user. A tool that the client itself runs cannot be used: give the agent one.",
    });
  }
  return { runId, decisions: answered.filter((each) => each.runId === runId).map(({ decision }) => decision) };
}

function toDecision(approval: unknown, at: string): { runId: string; decision: Decision } {
  if (!isObject(approval)) throw invalid(at, "holds an answer to an approval without the approval");
  const { approved, reason } = approval;
  const id = readApprovalId(textField(approval, "id", `${at} approval`));
  if (!id) throw invalid(`${at} approval.id`, "is none of ours");
  if (typeof approved !== "boolean") throw invalid(`${at} approval.approved`, "is neither true nor false");
  const why = reason === undefined ? undefined : textField(approval, "reason", `${at} approval`);
  return { runId: id.runId, decision: { callId: id.callId, approved, ...(why !== undefined && { reason: why }) } };
}
