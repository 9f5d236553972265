// A message of the assistant, as a client keeps it, as messages of a thread: one reply for each step, with its results.
import { type AssistantMessage, type AssistantPart, outputText, type ToolMessage } from "@beseda/core";
import { isTool, textField, type UiMessage, type UiPart } from "./check-ui-messages.ts";

/** Reasoning, sources and data are left out: no model wants them back without what its provider signed. */
export function toMessages({ parts, at }: UiMessage): (AssistantMessage | ToolMessage)[] {
  const messages: (AssistantMessage | ToolMessage)[] = [];
  let content: AssistantPart[] = [];
  let results: ToolMessage[] = [];
  const endStep = () => {
    if (content.length > 0) messages.push({ role: "assistant", content }, ...results);
    content = [];
    results = [];
  };
  for (const [index, part] of parts.entries()) {
    const place = `${at}.parts[${index}]`;
    if (part.type === "step-start") endStep();
    else if (part.type === "text" && !isReplaced(part))
      content.push({ type: "text", text: textField(part, "text", place) });
    else if (isTool(part)) {
      const toolCallId = textField(part, "toolCallId", place);
      // A call below a sub-agent, which was shown for an approval: it is not this agent's own.
      if (toolCallId.includes("/")) continue;
      const toolName =
        part.type === "dynamic-tool" ? textField(part, "toolName", place) : part.type.slice("tool-".length);
      content.push({ type: "tool-call", toolCallId, toolName, input: part.input ?? part.rawInput ?? {} });
      const answer = answerOf(part, place);
      if (answer) results.push({ role: "tool", toolCallId, toolName, ...answer });
    }
  }
  endStep();
  return messages;
}

/** A text that the provider took back. */
function isReplaced({ providerMetadata }: UiPart): boolean {
  return (providerMetadata as { beseda?: { isReplaced?: unknown } } | undefined)?.beseda?.isReplaced === true;
}

const mostChars = 32_000;

/** Nothing for a call that was never answered; whoever makes a request of the thread says so to the model. */
function answerOf(part: UiPart, at: string): { output: string; isError?: true } | undefined {
  switch (part.state) {
    case "output-available":
      return part.preliminary === true ? undefined : { output: outputText(part.output, mostChars) };
    case "output-error":
      return { output: outputText(textField(part, "errorText", at), mostChars), isError: true };
    case "output-denied":
      return { output: "The user did not approve this call, and it was not carried out.", isError: true };
    default:
      return undefined;
  }
}
