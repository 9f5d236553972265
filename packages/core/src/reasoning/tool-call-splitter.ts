// Tells the calls in a model's text from what it says, while it streams.
import type { ModelEvent } from "../ports/language-model.ts";
import { CallReader } from "./call-reader.ts";
import { thinkClose, thinkOpen } from "./chain-of-thought.ts";
import { findMark } from "./find-mark.ts";
import { fence, ReplyText } from "./reply-text.ts";
import type { ToolProtocol } from "./tool-protocol.ts";

type Finish = Extract<ModelEvent, { type: "finish" }>;

/** How much space may stand between a start mark inside a line and its object. */
const widestGap = 100;

/**
 * Text is shown at once, but for what may still become a call. Calls may follow one another; whatever else the model
 * writes after them, results that it makes up as a rule, ends the reply. What it thinks between `<think>` tags stays
 * text and holds no calls. However the text is cut into pieces, the joined events are the same.
 */
export class ToolCallSplitter {
  readonly #protocol: ToolProtocol;
  readonly #dropsCalls: boolean;
  readonly #textMarks: readonly string[];
  readonly #endMarks: readonly string[];
  #mode: "text" | "thinking" | "in-line" | "call" | "after-call" | "over" = "text";
  #text = new ReplyText();
  #reader: CallReader | undefined;
  /** What may become a mark; `in-line`, the start mark and the space after it. */
  #held = "";
  #calls = 0;
  /** After a call: inside the line of a code fence. */
  #inFenceLine = false;
  /** Set with the `finish`, after which the model need not be listened to. */
  isFinished = false;

  /** `dropsCalls`: the model was told to call nothing; what it calls nevertheless is neither shown nor called. */
  constructor(protocol: ToolProtocol, { dropsCalls = false }: { dropsCalls?: boolean } = {}) {
    const { callStart, callEnd } = protocol;
    this.#protocol = protocol;
    this.#dropsCalls = dropsCalls;
    this.#textMarks = longestFirst([callStart, thinkOpen, fence]);
    this.#endMarks = longestFirst([callStart, callEnd, fence]);
  }

  split(events: readonly ModelEvent[]): ModelEvent[] {
    const out: ModelEvent[] = [];
    for (const event of events) {
      if (event.type === "finish") this.#finish(event, out);
      else if (event.type === "text-replace") this.#replace(event.text, out);
      else if (event.type === "text-delta") this.#push(event.text, out);
      else if (this.#mode !== "over") {
        this.#release(out);
        out.push(event);
      }
    }
    if (this.#mode === "over" && !this.isFinished) this.#finish({ type: "finish", finishReason: "stop" }, out);
    return out;
  }

  #push(text: string, out: ModelEvent[]): void {
    let rest = this.#held + text;
    this.#held = "";
    while (rest !== "") rest = this.#read(rest, out);
    this.#flush(out);
  }

  /** Reads a part of the text, changes the mode where that is due, and returns what is left. */
  #read(text: string, out: ModelEvent[]): string {
    switch (this.#mode) {
      case "text":
        return this.#readText(text, out);
      case "thinking":
        return this.#readThinking(text);
      case "in-line":
        return this.#readInLine(text, out);
      case "call":
        return this.#readCall(text, out);
      case "after-call":
        return this.#readAfterCall(text, out);
      case "over":
        return "";
    }
  }

  #readText(text: string, out: ModelEvent[]): string {
    const { at, mark } = findMark(text, this.#textMarks);
    this.#text.add(text.slice(0, at));
    if (mark === undefined) return this.#hold(text.slice(at));
    const rest = text.slice(at + mark.length);
    if (mark === fence) this.#text.addFence();
    else if (mark === thinkOpen) {
      this.#text.addApart(mark);
      this.#mode = "thinking";
    } else if (this.#text.callMayBegin === "yes") this.#beginCall(out);
    else if (this.#text.callMayBegin === "no") this.#text.add(mark);
    else {
      this.#mode = "in-line";
      return text.slice(at);
    }
    return rest;
  }

  #readThinking(text: string): string {
    const { at, mark = "" } = findMark(text, [thinkClose]);
    this.#text.addApart(text.slice(0, at) + mark);
    if (mark === "") return this.#hold(text.slice(at));
    this.#mode = "text";
    return text.slice(at + mark.length);
  }

  /**
   * A start mark inside a line opens a call only where an object follows: otherwise the model speaks of it. In a text of
   * an answer that is JSON the quotes of the object have backslashes.
   */
  #readInLine(text: string, out: ModelEvent[]): string {
    const { callStart } = this.#protocol;
    const gap = text.slice(callStart.length, callStart.length + widestGap);
    const next = gap.trimStart();
    if ((next === "" || next === "{") && gap.length < widestGap) return this.#hold(text);
    if (/^\{(?!\\)/.test(next)) this.#beginCall(out);
    else {
      this.#text.add(callStart);
      this.#mode = "text";
    }
    return text.slice(callStart.length);
  }

  #beginCall(out: ModelEvent[]): void {
    this.#text.drop();
    this.#flush(out);
    this.#reader = new CallReader(this.#protocol);
    this.#mode = "call";
  }

  #readCall(text: string, out: ModelEvent[]): string {
    const rest = this.#reader?.push(text, this.#dropsCalls ? [] : out);
    if (rest === undefined) return "";
    this.#calls++;
    this.#mode = "after-call";
    return rest;
  }

  /** What belongs to the end of a call is passed over: space, closing braces, the end mark, the lines of code fences. */
  #readAfterCall(text: string, out: ModelEvent[]): string {
    const passed = this.#inFenceLine ? /^[^\n]*\n?/ : /^[\s}]+/;
    const rest = text.replace(passed, "");
    if (rest.length < text.length) {
      this.#inFenceLine &&= !text.slice(0, text.length - rest.length).endsWith("\n");
      return rest;
    }
    const { at, mark } = findMark(text, this.#endMarks);
    if (at > 0) this.#mode = "over";
    else if (mark === undefined) return this.#hold(text);
    else if (mark === this.#protocol.callStart) this.#beginCall(out);
    else this.#inFenceLine = mark === fence;
    return text.slice(mark?.length);
  }

  #hold(text: string): string {
    this.#held = text;
    return "";
  }

  /** Nothing more can complete a mark. A call that is being written goes on, whatever comes between. */
  #release(out: ModelEvent[]): void {
    if (this.#mode === "call" || this.#mode === "after-call") return;
    this.#text.add(this.#held);
    this.#held = "";
    this.#text.release();
    this.#flush(out);
    if (this.#mode === "in-line") this.#mode = "text";
  }

  #flush(out: ModelEvent[]): void {
    const text = this.#text.take();
    if (text !== "") out.push({ type: "text-delta", text });
  }

  #finish(finish: Finish, out: ModelEvent[]): void {
    if (this.#mode === "call") {
      this.#reader?.end(this.#dropsCalls ? [] : out);
      this.#calls++;
    } else this.#release(out);
    this.isFinished = true;
    out.push({ ...finish, finishReason: this.#finishReason(finish) });
  }

  #finishReason({ finishReason }: Finish): Finish["finishReason"] {
    const hasCalls = this.#calls > 0 && !this.#dropsCalls;
    if (finishReason === "content-filter" || (finishReason === "length" && this.#mode !== "over")) return finishReason;
    return hasCalls ? "tool-calls" : "stop";
  }

  /** Calls that stand in a rewritten text too have been handed over before. */
  #replace(text: string, out: ModelEvent[]): void {
    const known = this.#calls;
    this.#mode = "text";
    this.#text = new ReplyText();
    this.#held = "";
    this.#calls = 0;
    this.#inFenceLine = false;
    const again: ModelEvent[] = [];
    this.#push(text, again);
    out.push({
      type: "text-replace",
      text: again.map((each) => (each.type === "text-delta" ? each.text : "")).join(""),
    });
    const calls = again.filter((each) => "toolCallId" in each);
    const knownIds = [...new Set(calls.map(({ toolCallId }) => toolCallId))].slice(0, known);
    out.push(...calls.filter(({ toolCallId }) => !knownIds.includes(toolCallId)));
    this.#calls = Math.max(known, this.#calls);
  }
}

function longestFirst(marks: readonly string[]): string[] {
  return [...marks].sort((a, b) => b.length - a.length);
}
