// JSON as models write it, rewritten as JSON should be: only where there is one way to read it, never by a guess.

/** `wasOpen`: closing brackets were missing at the end and have been added. */
export type Repair = { json: string; wasOpen: boolean };

/**
 * Takes away a code fence or words around the one object or list, comments and trailing commas; puts right single
 * quotes, bare keys, Python's literals and line breaks in strings; adds the brackets that are missing at the very end.
 * What is cut within a value, or can be read in two ways, is refused. A text that is one string stays one. Takes time
 * linear to the text.
 * @throws SyntaxError that says where the text stops making sense, and what is expected there.
 */
export function repairJson(text: string): Repair {
  return new Rewriter(text).rewrite();
}

/** What comes next: an item or `]`, a key or `}`, a value after its colon, a colon, or what follows a value. */
type Place = "item" | "key" | "value" | "colon" | "next";

const literals = new Map([
  ["true", "true"],
  ["false", "false"],
  ["null", "null"],
  ["True", "true"],
  ["False", "false"],
  ["None", "null"],
]);

class Rewriter {
  readonly #text: string;
  /** The closers of what is open, the innermost last. */
  readonly #closers: string[] = [];
  #at = 0;
  #json = "";
  /** What stands before this has been taken over into `#json`. */
  #taken = 0;

  constructor(text: string) {
    this.#text = text;
  }

  rewrite(): Repair {
    const text = this.#text;
    this.#at = find(nonSpace, text, 0);
    if (this.#isQuote()) return this.#onlyString();
    this.#at = find(bracket, text, 0);
    const before = text.slice(0, this.#at).trim();
    if (isOpener(text[this.#at]) && !looksLikeJson(before)) {
      this.#taken = this.#at;
      return this.#onlyContainer();
    }
    this.#at = find(nonSpace, text, 0);
    return this.#fail('one JSON object that begins with "{"');
  }

  #onlyString(): Repair {
    this.#taken = this.#at;
    this.#string();
    const json = this.#json + this.#text.slice(this.#taken, this.#at);
    this.#at = find(nonSpace, this.#text, this.#at);
    if (this.#at < this.#text.length) this.#fail("nothing more");
    return { json, wasOpen: false };
  }

  #onlyContainer(): Repair {
    let place = this.#open();
    while (this.#closers.length > 0) {
      this.#skip();
      if (place === "next" && this.#isOver()) break;
      place = this.#step(place);
    }
    const json = this.#json + this.#text.slice(this.#taken, this.#at) + this.#closers.toReversed().join("");
    const rest = this.#text.slice(this.#at).trim();
    if (/["[\]{}]|^[,:=]/.test(rest)) this.#fail("nothing more");
    return { json, wasOpen: this.#closers.length > 0 };
  }

  #step(place: Place): Place {
    const text = this.#text;
    const char = text[this.#at];
    if (char === this.#closers.at(-1) && place !== "value" && place !== "colon") {
      this.#closers.pop();
      this.#at++;
      return "next";
    }
    switch (place) {
      case "next":
        return char === "," ? this.#comma() : this.#fail(`"," or "${this.#closers.at(-1)}"`);
      case "colon":
        if (char !== ":") return this.#fail('":" after the key');
        this.#at++;
        return "value";
      case "key":
        if (this.#isQuote()) this.#string();
        else this.#bareKey();
        return "colon";
      default:
        if (isOpener(char)) return this.#open();
        if (this.#isQuote()) this.#string();
        else this.#bareValue();
        return "next";
    }
  }

  #open(): Place {
    const isList = this.#text[this.#at++] === "[";
    this.#closers.push(isList ? "]" : "}");
    return isList ? "item" : "key";
  }

  #comma(): Place {
    const comma = this.#at++;
    const closer = this.#closers.at(-1);
    if (this.#text[this.#pastSpace(this.#at)] !== closer) return closer === "]" ? "item" : "key";
    this.#replace(comma, this.#at, "");
    return "next";
  }

  #string(): void {
    const text = this.#text;
    const start = this.#at;
    const quote = text.charCodeAt(start);
    if (quote === singleQuote) this.#replace(start, start + 1, '"');
    for (this.#at++; ; this.#at++) {
      const at = this.#at;
      const code = text.charCodeAt(at);
      if (code === quote) break;
      else if (code === backslash) this.#escape();
      else if (code === doubleQuote) this.#replace(at, at + 1, '\\"');
      else if (code < space) this.#replace(at, at + 1, JSON.stringify(text[at]).slice(1, -1));
      else if (at >= text.length) this.#fail(`the end of the string that begins at character ${start + 1}`);
    }
    if (quote === singleQuote) this.#replace(this.#at, this.#at + 1, '"');
    this.#at++;
  }

  /** Leaves `#at` at the escaped character. */
  #escape(): void {
    const text = this.#text;
    const start = this.#at;
    const char = text.charAt(start + 1);
    if (char === "'") this.#replace(start, start + 2, "'");
    else if (!'"\\/bfnrt'.includes(char) && !/^u[\da-fA-F]{4}$/.test(text.slice(start + 1, start + 6))) {
      this.#fail('an escape that JSON has (a backslash itself is written as "\\\\")');
    }
    this.#at++;
  }

  #bareKey(): void {
    const start = this.#at;
    const end = find(endOfKey, this.#text, start);
    if (end === start) this.#fail('a key in double quotes or "}"');
    this.#replace(start, end, `"${this.#text.slice(start, end)}"`);
    this.#at = end;
  }

  #bareValue(): void {
    const start = this.#at;
    const end = find(endOfWord, this.#text, start);
    const word = this.#text.slice(start, end);
    const literal = literals.get(word);
    if (literal !== undefined) this.#replace(start, end, literal);
    else if (!isNumber(word)) this.#fail("a value");
    this.#at = end;
  }

  #skip(): void {
    const start = this.#at;
    this.#at = this.#pastSpace(start);
    // Comments, and space that JSON does not know.
    if (this.#at > start && /[^ \n\r\t]/.test(this.#text.slice(start, this.#at))) this.#replace(start, this.#at, " ");
  }

  #pastSpace(from: number): number {
    const text = this.#text;
    for (let at = from; ; ) {
      at = find(nonSpace, text, at);
      let end: number;
      if (text.startsWith("/*", at)) end = text.indexOf("*/", at + 2) + 2;
      else if (text[at] === "#" || text.startsWith("//", at)) end = text.indexOf("\n", at) + 1;
      else return at;
      if (end <= at) {
        // Where line breaks were lost, the comment has taken more than itself.
        this.#at = at;
        return this.#fail("the end of the comment");
      }
      at = end;
    }
  }

  /** The text ends here, or the code fence around it does. */
  #isOver(): boolean {
    const text = this.#text;
    if (text.startsWith("```", this.#at)) return true;
    if (this.#at < text.length) return false;
    if (/\d/.test(text.charAt(this.#at - 1))) this.#fail("more of the number, or what follows it,");
    return true;
  }

  #isQuote(): boolean {
    const code = this.#text.charCodeAt(this.#at);
    return code === doubleQuote || code === singleQuote;
  }

  #replace(start: number, end: number, replacement: string): void {
    this.#json += this.#text.slice(this.#taken, start) + replacement;
    this.#taken = end;
  }

  #fail(expected: string): never {
    const text = this.#text;
    const at = this.#at;
    const before = text.slice(Math.max(0, at - 30), at);
    const after = at > 0 ? ` after ${at > 30 ? "…" : ""}${quoted(before)}` : "";
    const rest = text.slice(at, at + 30);
    const found = rest === "" ? "the text ends" : `there is ${quoted(rest)}${at + 30 < text.length ? "…" : ""}`;
    throw new SyntaxError(`${expected} is expected at character ${at + 1}${after}, but ${found}`);
  }
}

const nonSpace = /\S/g;
const bracket = /[[\]{}]/g;
const endOfKey = /[^\p{L}\p{N}_$]/gu;
const endOfWord = /[^\w.+-]/g;
const space = 0x20;
const doubleQuote = 0x22;
const singleQuote = 0x27;
const backslash = 0x5c;

/** Where the pattern, which has to be global, is first found; the end of the text if it is not. */
function find(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

function isOpener(char: string | undefined): boolean {
  return char === "{" || char === "[";
}

/** Whether words before an object could be a piece of JSON or of a call: then the object is not all that was meant. */
function looksLikeJson(before: string): boolean {
  return /"|[,=]$|^\S+\s*:$/.test(before) || before.indexOf(":") !== before.lastIndexOf(":");
}

function isNumber(word: string): boolean {
  try {
    return typeof JSON.parse(word) === "number";
  } catch {
    return false;
  }
}

function quoted(text: string): string {
  return `\`${text.toWellFormed().replaceAll(/\s+/g, " ")}\``;
}
