// The bytes from a place on, as they came in blocks: where lines begin, and which line a place is in.

const lineFeed = 10;
const carriageReturn = 13;

/** Places are bytes of the whole, counted from 0. */
export class HeldText {
  readonly #lineEnd: number;
  #blocks: Buffer[] = [];
  /** Of the first block that is held. */
  #start = 0;
  #end = 0;
  /** How many lines end before the place. */
  #counted = { place: 0, lines: 0 };

  constructor(lineEnd: "\n" | "\r") {
    this.#lineEnd = lineEnd === "\n" ? lineFeed : carriageReturn;
  }

  get end(): number {
    return this.#end;
  }

  append(block: Buffer): void {
    this.#blocks.push(block);
    this.#end += block.length;
  }

  dropBefore(place: number): void {
    this.lineAt(place);
    for (let first = this.#blocks[0]; first && this.#start + first.length <= place; first = this.#blocks[0]) {
      this.#blocks.shift();
      this.#start += first.length;
    }
  }

  /** Counted from 1. Never before a place that was asked for already. */
  lineAt(place: number): number {
    let { place: at, lines } = this.#counted;
    for (let next = this.nextLine(at); next !== undefined && next <= place; next = this.nextLine(at)) {
      at = next;
      lines++;
    }
    this.#counted = { place: at, lines };
    return lines + 1;
  }

  /** Where the line behind the one at `place` begins, if its end is held. */
  nextLine(place: number): number | undefined {
    let start = this.#start;
    for (const block of this.#blocks) {
      const found = start + block.length > place ? block.indexOf(this.#lineEnd, Math.max(0, place - start)) : -1;
      if (found >= 0) return start + found + 1;
      start += block.length;
    }
    return undefined;
  }

  /** The same place, or the one where the first line begins that is not empty. */
  behindEmptyLines(place: number): number {
    let at = place;
    for (;;) {
      const length = this.#lineEnd === lineFeed && this.#at(at) === carriageReturn ? 2 : 1;
      if (this.#at(at + length - 1) !== this.#lineEnd) return at;
      at += length;
    }
  }

  #at(place: number): number | undefined {
    let start = this.#start;
    for (const block of this.#blocks) {
      if (place < start + block.length) return block[place - start];
      start += block.length;
    }
    return undefined;
  }

  between(place: number, end: number): Buffer {
    let start = this.#start;
    const pieces: Buffer[] = [];
    for (const block of this.#blocks) {
      if (start >= end) break;
      if (start + block.length > place) pieces.push(block.subarray(Math.max(0, place - start), end - start));
      start += block.length;
    }
    return pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
  }
}
