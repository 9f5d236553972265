// The parts of a run as they look on a terminal: thinking dimmed, tools with what they got and gave, the answer as it comes.
import { type FinishReason, outputText, type StreamPart } from "@beseda/core";
import { SourceList } from "../source-list.ts";
import type { Paint } from "./paint.ts";
import { oneLine, safeText } from "./safe-text.ts";

export type Look = {
  /** Who speaks, before each text. */
  name: string;
  paint: Paint;
  /** Whether a line may be written over: how far a tool is, and that something is being waited for. */
  inPlace: boolean;
};

/** What a person should know about how a run ended; nothing for a usual end. */
function endingNote(finishReason: FinishReason): string | undefined {
  switch (finishReason) {
    case "length":
      return "The answer was cut: the model may not write more at once.";
    case "content-filter":
      return "The model's service filtered the answer.";
    case "approval":
      return "This waits for you: /approve, or /deny REASON.";
    case "max-steps":
      return "Stopped after the largest number of steps; say “go on” to continue.";
    default:
      return undefined;
  }
}

const longestInput = 200;
const longestOutput = 400;
const longestProgress = 200;
const longestSource = 200;
const mostSources = 20;

/** For one run. `render` gives the text to be written for a part; after the terminal part the cursor is at the start of a line. */
export class PartRenderer {
  readonly #look: Look;
  /** The block that is being written, and what of it is on the screen. */
  #block: { id: string; shown: string } | undefined;
  /** A line that the next one replaces. */
  #isPassing = false;
  #hasSpoken = false;
  /** The call whose line is the last one on the screen. */
  #lastCall: string | undefined;
  readonly #calls = new Map<string, string>();
  readonly #sources = new SourceList();

  constructor(look: Look) {
    this.#look = look;
  }

  render(part: StreamPart): string {
    const { dim, tool, error } = this.#look.paint;
    if (part.parentCallId !== undefined) return this.#below(part);
    switch (part.type) {
      case "start-step":
        return this.#passing("…");
      case "reasoning-delta":
        return this.#reasoning(part.id, part.text);
      case "text-delta":
        return this.#text(part.id, part.text);
      case "text-replace":
        return this.#rewritten(part.id, part.text);
      case "reasoning-end":
      case "text-end":
        return this.#endBlock();
      case "tool-input-start":
        return this.#endBlock() + this.#passing(`⚙ ${oneLine(part.toolName, 64)} …`);
      case "tool-call": {
        const call = `${oneLine(part.toolName, 64)} ${oneLine(asText(part.input), longestInput)}`;
        this.#calls.set(part.toolCallId, call);
        const line = this.#line(`${tool("⚙")} ${call}`);
        this.#lastCall = part.toolCallId;
        return line;
      }
      case "tool-progress":
        return this.#passing(`  … ${oneLine(part.toolName, 64)}: ${oneLine(asText(part.progress), longestProgress)}`);
      case "tool-result":
        return this.#line(`  ↳ ${this.#whose(part)}${dim(oneLine(asText(part.output), longestOutput))}`);
      case "tool-error":
        return this.#line(`  ${error("✗")} ${this.#whose(part)}${oneLine(part.error, longestOutput)}`);
      case "tool-approval-request": {
        const { toolName, input } = part.toolCall;
        return this.#line(`${tool("⏸")} ${oneLine(toolName, 64)} ${oneLine(asText(input), longestInput)}`);
      }
      case "source":
        this.#sources.add(part);
        return "";
      case "finish": {
        const note = endingNote(part.finishReason) ?? (this.#hasSpoken ? undefined : "The model said nothing.");
        const sources = this.#sources.lines(mostSources).map((line) => `  ${oneLine(line, longestSource)}`);
        const lines = note ? [...sources, note] : sources;
        return this.#endBlock() + this.#clear() + lines.map((line) => this.#line(dim(line))).join("");
      }
      case "abort":
        return this.#line(dim("■ stopped"));
      case "error":
        return this.#endBlock() + this.#clear();
      default:
        return "";
    }
  }

  /** Of a sub-agent only what it does; what it says comes back as the answer of its call. */
  #below(part: StreamPart): string {
    const { dim, error } = this.#look.paint;
    if (part.type === "tool-call") {
      return this.#line(dim(`    ⚙ ${oneLine(part.toolName, 64)} ${oneLine(asText(part.input), longestInput)}`));
    }
    if (part.type === "tool-error") return this.#line(`    ${error("✗")} ${oneLine(part.error, longestOutput)}`);
    return part.type === "start-step" ? this.#passing(`  … ${oneLine(part.agentName, 40)}`) : "";
  }

  #reasoning(id: string, text: string): string {
    const { before, added, isFirst } = this.#add(id, text);
    return before + this.#look.paint.dim((isFirst ? "∴ " : "") + added.replaceAll("\n", "\n  "));
  }

  #text(id: string, text: string): string {
    const { before, added, isFirst } = this.#add(id, text);
    if (isFirst) this.#hasSpoken = true;
    return before + (isFirst ? this.#look.paint.bold(`${oneLine(this.#look.name, 40)} › `) : "") + added;
  }

  /** A terminal cannot take back what has scrolled by: what fits is continued, everything else comes anew. */
  #rewritten(id: string, text: string): string {
    const shown = this.#block?.id === id ? this.#block.shown : "";
    if (text.startsWith(shown)) return this.#text(id, text.slice(shown.length));
    const end = this.#endBlock();
    return end + this.#text(id, text);
  }

  /** The empty lines that many models begin with are left out. */
  #add(id: string, text: string): { before: string; added: string; isFirst: boolean } {
    const isFirst = this.#block?.id !== id;
    const added = safeText(isFirst ? text.trimStart() : text);
    if (added === "") return { before: "", added, isFirst: false };
    const before = isFirst ? this.#endBlock() + this.#clear() : "";
    this.#block = { id, shown: (this.#block?.shown ?? "") + text };
    this.#lastCall = undefined;
    return { before, added, isFirst };
  }

  #endBlock(): string {
    if (!this.#block) return "";
    this.#block = undefined;
    return "\n";
  }

  #line(text: string): string {
    this.#lastCall = undefined;
    return `${this.#endBlock()}${this.#clear()}${text}\n`;
  }

  /** Right under its call an answer needs no name; of several calls side by side each has to say whose it is. */
  #whose({ toolCallId, toolName }: { toolCallId: string; toolName: string }): string {
    if (this.#lastCall === toolCallId) return "";
    // A call that an approval set free was shown by the run before.
    return `${oneLine(this.#calls.get(toolCallId) ?? toolName, 60)}: `;
  }

  /** Wrapping is off while it is written: a line that is wider than the terminal could not be taken back. */
  #passing(text: string): string {
    if (!this.#look.inPlace || this.#block) return "";
    const cleared = this.#clear();
    this.#isPassing = true;
    return `${cleared}\x1b[?7l${this.#look.paint.dim(text)}\x1b[?7h`;
  }

  #clear(): string {
    if (!this.#isPassing) return "";
    this.#isPassing = false;
    return "\r\x1b[K";
  }
}

function asText(value: unknown): string {
  // Much more than is shown, so that the note of how long it was stays about right and a huge one costs little.
  return value === undefined ? "" : outputText(value, 100_000);
}
