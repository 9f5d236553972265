// A visible chain of thought for models that have none of their own: how we ask for it, how we tell it from the answer.
import type { ModelEvent } from "../ports/language-model.ts";

export const thinkOpen = "<think>";
export const thinkClose = "</think>";

/** Added to the instructions of an agent whose reasoning is `prompted`. */
export const thinkInstructions = `Before you answer or call a tool, think step by step between ${thinkOpen} and ${thinkClose}: what is asked, what you know, what is missing, which tool would help. Keep it short. Then write the answer for the user after ${thinkClose}; the user does not see what stands between the tags. Think and answer in the language of the user.`;

/**
 * Turns the text between the tags into reasoning, while it streams. A tag may be cut anywhere: held back is only what
 * could still become a tag, and white space before it, for white space around a tag belongs to neither side. However
 * the text is cut into pieces, the joined result is the same.
 */
export class ThinkSplitter {
  readonly #startsInside: boolean;
  #inside: boolean;
  /** What may become a tag. */
  #held = "";
  /** White space before that. */
  #space = "";
  /** At the beginning of a block white space is dropped until something else comes. */
  #atEdge = true;
  /** The answer is an object: what looks like a tag stands in one of its texts. */
  #isObject = false;

  /** `startsInside` is for models whose template has already opened the tag. */
  constructor({ startsInside = false }: { startsInside?: boolean } = {}) {
    this.#startsInside = startsInside;
    this.#inside = startsInside;
  }

  split(events: ModelEvent[]): ModelEvent[] {
    const out: ModelEvent[] = [];
    for (const event of events) {
      if (event.type === "text-delta") this.#push(event.text, out);
      else if (event.type === "text-replace") out.push({ type: "text-replace", text: this.#answerAnew(event.text) });
      else {
        this.#release(out);
        out.push(event);
      }
    }
    return out;
  }

  #push(text: string, out: ModelEvent[]): void {
    this.#held += text;
    for (;;) {
      this.#isObject ||= !this.#inside && this.#atEdge && this.#held.trimStart().startsWith("{");
      if (this.#isObject) break;
      const tag = this.#inside ? thinkClose : thinkOpen;
      const at = this.#held.indexOf(tag);
      if (at < 0) break;
      this.#say(this.#held.slice(0, at), out);
      this.#space = "";
      this.#held = this.#held.slice(at + tag.length);
      this.#inside = !this.#inside;
      this.#atEdge = true;
    }
    const tag = this.#inside ? thinkClose : thinkOpen;
    const end = this.#held.length - overlap(this.#held, tag);
    this.#say(this.#held.slice(0, end), out);
    this.#held = this.#held.slice(end);
  }

  /** Nothing more can complete a tag. */
  #release(out: ModelEvent[]): void {
    const rest = this.#space + this.#held;
    this.#space = "";
    this.#held = "";
    this.#emit(rest, out);
  }

  #say(text: string, out: ModelEvent[]): void {
    const said = text.trimEnd();
    if (said !== "") {
      this.#emit(this.#space + said, out);
      this.#space = "";
    }
    this.#space += text.slice(said.length);
  }

  #emit(text: string, out: ModelEvent[]): void {
    const shown = this.#atEdge ? text.trimStart() : text;
    if (shown === "") return;
    this.#atEdge = false;
    out.push({ type: this.#inside ? "reasoning-delta" : "text-delta", text: shown });
  }

  /** The thinking in a rewritten text has been shown before. */
  #answerAnew(text: string): string {
    this.#inside = this.#startsInside;
    this.#isObject = false;
    this.#held = "";
    this.#space = "";
    this.#atEdge = true;
    const again: ModelEvent[] = [];
    this.#push(text, again);
    return again.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
  }
}

/** How many characters at the end of the text may be the beginning of the tag. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length--) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
