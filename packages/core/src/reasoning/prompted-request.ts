// A request with tools as one without: the tools stand in the instructions, earlier calls and results in the messages.
import type { AssistantMessage, AssistantPart, Message, ToolMessage, UserMessage, UserPart } from "../message.ts";
import type { ModelRequest, ModelSettings, ToolChoice } from "../ports/language-model.ts";
import type { ToolDefinition } from "../tool/tool.ts";
import type { ToolProtocol } from "./tool-protocol.ts";

/** Some services refuse more. */
const mostStopSequences = 4;

const noTools: readonly ToolDefinition[] = [];

/**
 * The writer of one model's requests. The same messages in give the same messages out, for providers and their caches
 * know them by that. What is said between two replies becomes one message: many models take only turns.
 */
export function promptedRequestWriter(protocol: ToolProtocol): (request: ModelRequest) => ModelRequest {
  const descriptions = new WeakMap<readonly ToolDefinition[], string>();
  const replies = new WeakMap<AssistantMessage, AssistantMessage>();
  const turns = new WeakMap<Message, { said: readonly Message[]; message: UserMessage }>();

  const describe = (tools: readonly ToolDefinition[]): string => {
    const known = descriptions.get(tools);
    if (known !== undefined) return known;
    const description = protocol.describe(tools);
    descriptions.set(tools, description);
    return description;
  };
  const replyOf = (reply: AssistantMessage): AssistantMessage => {
    if (!reply.content.some((part) => part.type === "tool-call")) return reply;
    const known = replies.get(reply);
    if (known) return known;
    const written = writeReply(reply, protocol);
    replies.set(reply, written);
    return written;
  };
  const turnOf = (first: Message, said: readonly Message[]): Message => {
    if (said.length === 1 && first.role === "user") return first;
    const known = turns.get(first);
    if (known?.said.length === said.length && known.said.every((each, index) => each === said[index])) {
      return known.message;
    }
    const message = writeTurn(said, protocol);
    turns.set(first, { said, message });
    return message;
  };

  return (request) => {
    const messages: Message[] = [];
    for (let at = 0; at < request.messages.length; ) {
      const message = request.messages[at] as Message;
      let end = at + 1;
      if (message.role === "assistant") addReply(messages, replyOf(message));
      else {
        while (end < request.messages.length && request.messages[end]?.role !== "assistant") end++;
        messages.push(turnOf(message, request.messages.slice(at, end)));
      }
      at = end;
    }
    if (request.tools.length === 0) return { ...request, messages };
    const told = [request.instructions, describe(request.tools), choiceInstructions(request.toolChoice)];
    return {
      ...request,
      instructions: told.filter(Boolean).join("\n\n"),
      messages,
      tools: noTools,
      toolChoice: "auto",
      settings: withStopSequences(request.settings, protocol.stopSequences),
    };
  };
}

/** Two replies in a row, as after an approval that came late, become one: many models take only turns. */
function addReply(messages: Message[], reply: AssistantMessage): void {
  const before = messages.at(-1);
  if (before?.role !== "assistant") messages.push(reply);
  else messages[messages.length - 1] = { role: "assistant", content: [...before.content, ...reply.content] };
}

/** Last in the instructions: it changes in the middle of a run, and what stands before it can stay in caches. */
function choiceInstructions(choice: ToolChoice): string {
  switch (choice) {
    case "auto":
      return "";
    case "none":
      return "In your next reply call no tool: answer with what you know.";
    case "required":
      return "Your next reply has to call a tool.";
    default:
      return `Your next reply has to call the tool ${choice.toolName}.`;
  }
}

function withStopSequences(settings: ModelSettings, added: readonly string[] = []): ModelSettings {
  const { stopSequences = [] } = settings;
  const room = Math.max(0, mostStopSequences - stopSequences.length);
  if (Math.min(room, added.length) === 0) return settings;
  return { ...settings, stopSequences: [...stopSequences, ...added.slice(0, room)] };
}

function writeReply({ content }: AssistantMessage, protocol: ToolProtocol): AssistantMessage {
  const written: AssistantPart[] = content.filter((part) => part.type === "reasoning");
  const lines = content.flatMap((part) => {
    if (part.type === "reasoning") return [];
    if (part.type === "text") return part.text.trim() === "" ? [] : [part.text];
    const input = part.invalid ? String(part.input) : (JSON.stringify(part.input) ?? "{}");
    return [protocol.writeCall({ toolName: part.toolName, input })];
  });
  return { role: "assistant", content: [...written, { type: "text", text: lines.join("\n") }] };
}

function writeTurn(said: readonly Message[], protocol: ToolProtocol): UserMessage {
  const parts: UserPart[] = [];
  let before: Message | undefined;
  for (const message of said) {
    for (const part of partsOf(message, protocol)) {
      const last = parts.at(-1);
      if (part.type === "text" && last?.type === "text") {
        const gap = message.role === "tool" && before?.role === "tool" ? "\n" : "\n\n";
        parts[parts.length - 1] = { type: "text", text: last.text + gap + part.text };
      } else parts.push(part);
    }
    before = message;
  }
  const [first] = parts;
  return { role: "user", content: parts.length === 1 && first?.type === "text" ? first.text : parts };
}

function partsOf(message: Message, protocol: ToolProtocol): readonly UserPart[] {
  if (message.role === "tool") return [{ type: "text", text: protocol.writeResult(message as ToolMessage) }];
  const { content } = message as UserMessage;
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}
