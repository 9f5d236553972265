// An object that a model is still writing: what is known of it so far.
import { deepestJson } from "./parse-json.ts";

type Container = Record<string, unknown> | unknown[];

/** `key` is where the value that is being written belongs. */
type Frame = { container: Container; key: string; isConstructor: boolean };

/** What comes next. `over`: the object is whole, or something stands in it that is no JSON. */
type Place = "before" | "item" | "key" | "colon" | "value" | "next" | "string" | "word" | "over";

/**
 * Takes the text in pieces, in time linear to it. The object begins at the first `{`; what stands before and after it, such
 * as a code fence, is left out. Where the text stops being JSON the value stays as it is: only the whole text can be
 * repaired, by parseJson.
 */
export class PartialJson {
  /** What is open, the innermost last. Its containers are never handed out. */
  readonly #open: Frame[] = [];
  #place: Place = "before";
  #string: "none" | "key" | "value" = "none";
  /** The string or the word that is being written. */
  #token = "";
  /** The beginning of an escape, the first half of a surrogate pair: both wait for their rest. */
  #escape = "";
  #half = "";
  #snapshot: unknown;
  #isStale = false;

  push(piece: string): void {
    for (let at = 0; at < piece.length && this.#place !== "over"; ) at = this.#step(piece, at);
  }

  /**
   * The object as far as it is known, `undefined` before it begins. Open strings are in it, halves of numbers, words and
   * escapes are not. A value that was handed out never changes; as long as nothing is added it is the same one. Copies the
   * objects and lists that are open, and shares those that are whole.
   */
  get value(): unknown {
    if (!this.#isStale) return this.#snapshot;
    this.#isStale = false;
    let inner: unknown = this.#string === "value" ? this.#token : undefined;
    for (const frame of this.#open.toReversed()) {
      const copy = Array.isArray(frame.container) ? frame.container.slice() : { ...frame.container };
      if (inner !== undefined) put(copy, frame, inner);
      inner = copy;
    }
    this.#snapshot = inner;
    return inner;
  }

  /** Gives the place to read on from. */
  #step(piece: string, at: number): number {
    if (this.#place === "string") return this.#readString(piece, at);
    if (this.#place === "word") return this.#readWord(piece, at);
    if (this.#place === "before") {
      const start = piece.indexOf("{", at);
      if (start < 0) return piece.length;
      this.#begin({});
      return start + 1;
    }
    const char = piece.charAt(at);
    if (/\s/.test(char)) return at + 1;
    return this.#readSign(char) ? at + 1 : at;
  }

  /** Whether the sign has been taken: the first letter of a word is left to it. */
  #readSign(char: string): boolean {
    const frame = this.#open.at(-1) as Frame;
    const isList = Array.isArray(frame.container);
    const place = this.#place;
    const wantsValue = place === "value" || place === "item";
    if (char === (isList ? "]" : "}") && place !== "value" && place !== "colon") this.#end();
    else if (char === "," && place === "next") this.#place = isList ? "item" : "key";
    else if (char === ":" && place === "colon") this.#place = "value";
    else if (char === '"' && (wantsValue || place === "key")) this.#beginString(wantsValue ? "value" : "key");
    else if (char === "{" && wantsValue) this.#begin({});
    else if (char === "[" && wantsValue) this.#begin([]);
    else if (/[-\dtfn]/.test(char) && wantsValue) {
      this.#place = "word";
      this.#token = "";
      return false;
    } else this.#place = "over";
    return true;
  }

  #begin(container: Container): void {
    const parent = this.#open.at(-1);
    if (this.#open.length === deepestJson) {
      this.#place = "over";
      return;
    }
    this.#open.push({ container, key: "", isConstructor: parent?.key === "constructor" });
    this.#place = Array.isArray(container) ? "item" : "key";
    this.#isStale = true;
  }

  #end(): void {
    const { container } = this.#open.pop() as Frame;
    const parent = this.#open.at(-1);
    this.#place = parent ? "next" : "over";
    if (parent) put(parent.container, parent, container);
    else if (this.#isStale) {
      this.#snapshot = container;
      this.#isStale = false;
    }
  }

  #beginString(string: "key" | "value"): void {
    this.#place = "string";
    this.#string = string;
    this.#token = "";
    this.#isStale ||= string === "value";
  }

  #readString(piece: string, at: number): number {
    if (this.#escape !== "") return this.#readEscape(piece, at);
    let end = at;
    for (; end < piece.length; end++) {
      const code = piece.charCodeAt(end);
      if (code === doubleQuote || code === backslash) break;
    }
    this.#write(piece.slice(at, end));
    if (piece.charCodeAt(end) === backslash) this.#escape = "\\";
    else if (end < piece.length) this.#endString();
    return end + 1;
  }

  #readEscape(piece: string, at: number): number {
    this.#escape += piece.charAt(at);
    const isCode = this.#escape.startsWith("\\u");
    if (isCode && this.#escape.length < 6) return at + 1;
    const char = parsed(`"${this.#escape}"`);
    if (typeof char !== "string") this.#place = "over";
    else {
      this.#escape = "";
      this.#write(char);
    }
    return at + 1;
  }

  /** Only whole characters are shown; a half that stays alone is no character. */
  #write(text: string): void {
    const known = this.#half + text;
    const end = /[\ud800-\udbff]$/.test(known) ? known.length - 1 : known.length;
    this.#half = known.slice(end);
    if (end === 0) return;
    this.#token += known.slice(0, end).toWellFormed();
    this.#isStale ||= this.#string === "value";
  }

  #endString(): void {
    if (this.#half !== "") {
      this.#half = "";
      this.#write("\ufffd");
    }
    const frame = this.#open.at(-1) as Frame;
    if (this.#string === "key") {
      frame.key = this.#token;
      this.#place = "colon";
    } else {
      put(frame.container, frame, this.#token);
      this.#place = "next";
    }
    this.#string = "none";
  }

  #readWord(piece: string, at: number): number {
    const length = piece.slice(at).search(/[^\w.+-]/);
    this.#token += length < 0 ? piece.slice(at) : piece.slice(at, at + length);
    if (length < 0) return piece.length;
    const value = parsed(this.#token);
    if (value === undefined || value === Infinity || value === -Infinity) this.#place = "over";
    else {
      const frame = this.#open.at(-1) as Frame;
      put(frame.container, frame, value);
      this.#place = "next";
      this.#isStale = true;
    }
    return at + length;
  }
}

const doubleQuote = 0x22;
const backslash = 0x5c;

/** Leaves out what parseJson leaves out. */
function put(container: Container, { key, isConstructor }: Frame, value: unknown): void {
  if (Array.isArray(container)) container.push(value);
  else if (key !== "__proto__" && !(isConstructor && key === "prototype")) container[key] = value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
