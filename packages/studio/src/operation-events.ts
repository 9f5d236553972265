// What happened in an operation, as text for people and as plain data for programs.
import { safeText } from "@beseda/channels/console";
import { outputText, type StreamPart } from "@beseda/core";
import { plainError } from "./operation-lines.ts";
import { safeLine } from "./write-lines.ts";

/** The most of an input or an output that is shown. */
const shownCharacters = 300;

/** Thinking is left out, and of a sub-agent what it says: what it does is told. */
export class EventText {
  /** The run has begun and not ended. */
  #isOpen = false;
  #isMidLine = false;

  /** The text that is to be written now, mostly none. */
  of(part: StreamPart): string {
    if (part.parentCallId !== undefined) return this.#line(deed(part), "  ");
    switch (part.type) {
      case "start": {
        const anew = this.#isOpen ? "(begun anew: what was said last does not count)" : undefined;
        this.#isOpen = true;
        return this.#line(anew);
      }
      case "text-delta":
        return this.#text(part.text);
      case "text-replace":
        return this.#line("") + this.#text(part.text);
      case "text-end":
        return this.#isMidLine ? this.#text("\n") : "";
      case "finish":
        this.#isOpen = false;
        return this.#line(part.finishReason === "stop" ? undefined : `ended with ${part.finishReason}`);
      case "abort":
        this.#isOpen = false;
        return this.#line(`stopped: ${part.reason}`);
      case "error":
        this.#isOpen = false;
        return this.#line(`error: ${part.error.advice}`);
      default:
        return this.#line(deed(part));
    }
  }

  #text(written: string): string {
    if (written !== "") this.#isMidLine = !written.endsWith("\n");
    return safeText(written);
  }

  #line(written: string | undefined, indent = ""): string {
    if (written === undefined) return "";
    const before = this.#isMidLine ? "\n" : "";
    this.#isMidLine = false;
    return `${before}${indent}${safeLine(written)}\n`;
  }
}

/** With an error as its code, message and hint. */
export function plainPart(part: StreamPart): object {
  return part.type === "error" ? { ...part, error: plainError(part.error) } : part;
}

/** What tools are asked and answer. */
function deed(part: StreamPart): string | undefined {
  switch (part.type) {
    case "tool-call":
      return `→ ${part.toolName} ${shown(part.input)}`;
    case "tool-result":
      return `← ${part.toolName} ${shown(part.output)}`;
    case "tool-error":
      return `✗ ${part.toolName} ${shown(part.error)}`;
    case "tool-approval-request": {
      const { toolCallId, toolName, input } = part.toolCall;
      return `? ${toolCallId} waits for an approval: ${toolName} ${shown(input)}`;
    }
    default:
      return undefined;
  }
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? value : outputText(value, Number.POSITIVE_INFINITY);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
