// Only the answer, for pipes and scripts: no reasoning, no tools, no colours.
import type { StreamPart } from "@beseda/core";
import { oneLine, safeText } from "./safe-text.ts";

/** Makes of each part the text to be written now, mostly none. */
export type PrintPart = (part: StreamPart) => string;

/** For programs: the text of the last step, whole, once it is sure that nobody rewrites it. One line break ends it. */
export function wholeAnswer(): PrintPart {
  const blocks = new Map<string, string>();
  return (part) => {
    if (part.parentCallId !== undefined) return "";
    switch (part.type) {
      case "start-step":
        blocks.clear();
        return "";
      case "text-delta":
        blocks.set(part.id, (blocks.get(part.id) ?? "") + part.text);
        return "";
      case "text-replace":
        blocks.set(part.id, part.text);
        return "";
      case "tool-approval-request":
        blocks.set(part.approvalId, `${blocks.size > 0 ? "\n" : ""}${waitingNote(part)}`);
        return "";
      case "finish":
        return ended([...blocks.values()].join(""));
      case "abort":
      case "error": {
        const partial = [...blocks.values()].join("");
        return partial === "" ? "" : ended(partial);
      }
      default:
        return "";
    }
  };
}

/** For people who look at a terminal: the text as it is written; a rewritten one comes again, on a new line. */
export function streamedAnswer(): PrintPart {
  let line = "";
  const shown = (text: string) => {
    line = text === "" ? line : text;
    return safeText(text);
  };
  return (part) => {
    if (part.parentCallId !== undefined) return "";
    switch (part.type) {
      case "tool-approval-request":
        return shown(`${line === "" || line.endsWith("\n") ? "" : "\n"}${waitingNote(part)}`);
      case "text-delta":
        return shown(part.text);
      case "text-replace":
        return shown(`\n${part.text}`);
      case "start-step":
      case "finish":
      case "abort":
      case "error":
        return line === "" || line.endsWith("\n") ? "" : shown("\n");
      default:
        return "";
    }
  };
}

function waitingNote({ toolCall }: Extract<StreamPart, { type: "tool-approval-request" }>): string {
  const call = `${oneLine(toolCall.toolName, 64)} ${oneLine(JSON.stringify(toolCall.input), 200)}`;
  return `Waiting for an approval: ${call}. Answer it in the chat at a terminal, with /approve or /deny.`;
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}
