// Where a JSON value ends that is being written, without parsing it: it may be broken.

const quote = 0x22;
const backslash = 0x5c;
const lineFeed = 0x0a;
const closing: Record<number, number> = { 123: 0x7d, 91: 0x5d };

/** Knows when an object, a list or a string is whole. Anything else never is. */
export class ValueScan {
  /** The quote or bracket at its beginning; 0 for anything else. */
  #opener: number | undefined;
  /** How many brackets of the opener's kind are open. */
  #depth = 1;
  #inString = false;
  #isEscaped = false;
  #hasLineBreak = false;

  /** Not after a line break, which JSON does not have in strings: the closing quote may have been forgotten. */
  get isInString(): boolean {
    return this.#inString && !this.#hasLineBreak;
  }

  /** @returns whether the value is whole with this character. */
  add(code: number): boolean {
    if (this.#opener === undefined) this.#begin(code);
    else if (this.#inString) return this.#addToString(code);
    else if (this.#opener === 0) return false;
    else if (code === quote) this.#inString = true;
    else if (code === this.#opener) this.#depth++;
    else if (code === closing[this.#opener]) return --this.#depth === 0;
    return false;
  }

  #begin(code: number): void {
    if (code <= 0x20) return;
    this.#inString = code === quote;
    this.#opener = this.#inString || code in closing ? code : 0;
  }

  #addToString(code: number): boolean {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === backslash) this.#isEscaped = true;
    else if (code === lineFeed) this.#hasLineBreak = true;
    else if (code === quote) {
      this.#inString = false;
      this.#hasLineBreak = false;
      return this.#opener === quote;
    }
    return false;
  }
}
