// One model reply: events in, stream parts out, and at the end the message that is kept.
import type {
  AssistantMessage,
  AssistantPart,
  FinishReason,
  ReasoningPart,
  ReplyMetadata,
  Source,
  TextPart,
  ToolCallPart,
  Usage,
} from "../message.ts";
import type { ModelEvent } from "../ports/language-model.ts";
import { ThinkSplitter } from "../reasoning/chain-of-thought.ts";
import { parseJson } from "../tool/parse-json.ts";
import { CallIds } from "./call-ids.ts";
import type { ReasoningStyle } from "./plan-step.ts";
import type { PartBody, StreamPart } from "./stream-part.ts";

export type ReplyContext = {
  runId: string;
  step: number;
  reasoning: ReasoningStyle;
  /** The ids of the calls of the run so far; those of this reply are added. */
  takenIds: Set<string>;
};

export class ReplyFold {
  readonly #runId: string;
  readonly #step: number;
  readonly #hidesReasoning: boolean;
  readonly #splitter: ThinkSplitter | undefined;
  readonly #content: AssistantPart[] = [];
  readonly #takenIds: Set<string>;
  #callIds: CallIds | undefined;
  readonly #sources: Source[] = [];
  /** Calls whose closing brackets were added. */
  readonly #closedCalls: { call: ToolCallPart; text: string }[] = [];
  #block: { part: TextPart | ReasoningPart; id: string } | undefined;
  /** Whether anything came of it. */
  hasBegun = false;
  /** Set by the model's `finish`. */
  finish: { finishReason: FinishReason; usage: Usage | undefined; response: ReplyMetadata | undefined } | undefined;

  constructor({ runId, step, reasoning, takenIds }: ReplyContext) {
    this.#runId = runId;
    this.#takenIds = takenIds;
    this.#step = step;
    this.#hidesReasoning = reasoning === "off";
    this.#splitter = reasoning === "prompted" ? new ThinkSplitter() : undefined;
  }

  add(events: ModelEvent[]): StreamPart[] {
    this.hasBegun = true;
    const parts: StreamPart[] = [];
    for (const event of this.#splitter?.split(events) ?? events) {
      switch (event.type) {
        case "text-delta":
          this.#delta("text", event.text, parts);
          break;
        case "reasoning-delta":
          this.#delta("reasoning", event.text, parts);
          break;
        default:
          this.#other(event, parts);
      }
    }
    return parts;
  }

  /** The message so far. What was stopped keeps its text, but no call: none of them was carried out. */
  message(ended: "whole" | "aborted" | "error"): AssistantMessage {
    const content = ended === "whole" ? this.#content : this.#content.filter((part) => part.type !== "tool-call");
    const message: AssistantMessage = { role: "assistant", content };
    const finishReason = ended === "whole" ? this.finish?.finishReason : ended;
    if (finishReason) message.finishReason = finishReason;
    if (this.#sources.length > 0) message.sources = this.#sources;
    if (this.finish?.response) message.response = this.finish.response;
    return message;
  }

  /** Ends the open block, for a reply that was cut. */
  closeBlock(parts: StreamPart[]): void {
    if (this.#block && !this.#isHidden(this.#block.part)) {
      parts.push({ type: `${this.#block.part.type}-end`, id: this.#block.id, runId: this.#runId });
    }
    this.#block = undefined;
  }

  #delta(type: "text" | "reasoning", text: string, parts: StreamPart[]): void {
    if (text === "") return;
    let block = this.#block;
    if (block?.part.type !== type) {
      block = this.#openBlock(type, parts);
    }
    block.part.text += text;
    if (!this.#isHidden(block.part)) {
      parts.push({ type: `${type}-delta`, id: block.id, text, runId: this.#runId });
    }
  }

  #openBlock(type: "text" | "reasoning", parts: StreamPart[]): { part: TextPart | ReasoningPart; id: string } {
    this.closeBlock(parts);
    const part = { type, text: "" };
    const id = `${type}-${this.#step}-${this.#content.push(part)}`;
    this.#block = { part, id };
    if (!this.#isHidden(part)) parts.push({ type: `${type}-start`, id, runId: this.#runId });
    return this.#block;
  }

  #isHidden(part: TextPart | ReasoningPart): boolean {
    return part.type === "reasoning" && this.#hidesReasoning;
  }

  #other(event: Exclude<ModelEvent, { type: "text-delta" | "reasoning-delta" }>, parts: StreamPart[]): void {
    const runId = this.#runId;
    switch (event.type) {
      case "text-replace":
        this.#replaceText(event.text, parts);
        break;
      case "reasoning-data": {
        const reasoning = this.#content.findLast((part) => part.type === "reasoning");
        if (reasoning) reasoning.providerData = event.providerData;
        else this.#content.push({ type: "reasoning", text: "", providerData: event.providerData });
        break;
      }
      case "tool-input-start": {
        this.closeBlock(parts);
        this.#callIds ??= new CallIds(this.#takenIds);
        const id = this.#callIds.begin(event.toolCallId);
        parts.push({ type: "tool-input-start", id, toolName: event.toolName, runId });
        break;
      }
      case "tool-input-delta": {
        const id = this.#callIds?.current(event.toolCallId) ?? event.toolCallId;
        parts.push({ type: "tool-input-delta", id, delta: event.delta, runId });
        break;
      }
      case "tool-call":
        this.#toolCall(event, parts);
        break;
      case "finish":
        this.closeBlock(parts);
        if (event.finishReason === "length") this.#refuseClosedCalls();
        this.finish = { finishReason: event.finishReason, usage: event.usage, response: event.response };
        break;
      case "source":
        this.#sources.push(event.source);
        parts.push({ ...toSourcePart(event.source), runId });
    }
  }

  #toolCall(event: Extract<ModelEvent, { type: "tool-call" }>, parts: StreamPart[]): void {
    const { toolName, providerData } = event;
    this.closeBlock(parts);
    this.#callIds ??= new CallIds(this.#takenIds);
    const { toolCallId, wasShown } = this.#callIds.end(event.toolCallId);
    if (wasShown) parts.push({ type: "tool-input-end", id: toolCallId, runId: this.#runId });
    const { wasOpen, ...input } = parseInput(event.input);
    const call: ToolCallPart = { type: "tool-call", toolCallId, toolName, ...input };
    parts.push({ ...call, runId: this.#runId });
    if (providerData !== undefined) call.providerData = providerData;
    this.#content.push(call);
    if (wasOpen) this.#closedCalls.push({ call, text: event.input });
  }

  /** The reply was cut: these calls may have missed more than their closing brackets. */
  #refuseClosedCalls(): void {
    for (const { call, text } of this.#closedCalls) {
      call.input = text.toWellFormed();
      call.invalid = true;
    }
  }

  /** All text of this reply anew: the last block takes it, earlier ones become empty. */
  #replaceText(text: string, parts: StreamPart[]): void {
    const runId = this.#runId;
    const last = this.#content.findLast((part) => part.type === "text");
    if (!last) {
      this.#delta("text", text, parts);
      return;
    }
    for (const [index, part] of this.#content.entries()) {
      if (part.type !== "text") continue;
      const anew = part === last ? text : "";
      if (part.text === anew) continue;
      part.text = anew;
      parts.push({ type: "text-replace", id: `text-${this.#step}-${index + 1}`, text: anew, runId });
    }
  }
}

/** The AI SDK knows pages by their address and files by their name. */
function toSourcePart({ id, url, title, filename }: Source): Extract<PartBody, { type: "source" }> {
  if (url !== undefined) return { type: "source", sourceType: "url", id, url, ...(title && { title }) };
  return { type: "source", sourceType: "document", id, title: title ?? filename ?? id, ...(filename && { filename }) };
}

type ParsedInput = { input: unknown; invalid?: true; wasOpen: boolean };

/** Empty text is a call without arguments. */
function parseInput(text: string): ParsedInput {
  if (text.trim() === "") return { input: {}, wasOpen: false };
  const parsed = parseJson(text);
  if (!parsed.ok) return { input: text.toWellFormed(), invalid: true, wasOpen: false };
  return { input: parsed.value, wasOpen: parsed.wasOpen };
}
