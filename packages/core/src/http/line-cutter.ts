// Finds the lines in bytes that come in reads of any size, in one pass over them.
import { BesedaError } from "../errors.ts";

const lineFeed = 10;
const carriageReturn = 13;
const nothing = Buffer.alloc(0);
/** In bytes; also of an event of several lines, in characters. */
export const longestEvent = 1024 * 1024;

/**
 * After `cut` returned true, the line is `bytes` from `start` to `end`, without its ending, and the search goes on in
 * the same read at `next`. A line is never cut inside a character: it is whole before anybody decodes it.
 */
export class LineCutter {
  bytes: Buffer = nothing;
  start = 0;
  end = 0;
  next = 0;
  readonly #longest: number;
  /** The beginning of a line whose ending has not come yet. */
  #rest: Buffer[] = [];
  #restLength = 0;
  /** The last read ended with CR: a LF at the start of the next one belongs to it. */
  #skipsLineFeed = false;
  /** Where the next CR of this read is, so that each byte is looked at once. */
  #read: Buffer | undefined;
  #nextReturn = -1;
  #nextFeed = -1;

  /** @param longest how long a line may be, in bytes */
  constructor(longest = longestEvent) {
    this.#longest = longest;
  }

  /**
   * Looks for the next line in `read`, from `from` on. Where it returns false, the rest of the read has been taken over.
   * @throws BesedaError `too-large` for a line that is longer than it may be.
   */
  cut(read: Buffer, from: number): boolean {
    if (read !== this.#read) this.#begin(read);
    let start = from;
    if (this.#skipsLineFeed && start < read.length) {
      this.#skipsLineFeed = false;
      if (read[start] === lineFeed) start++;
    }
    const end = this.#ending(read, start);
    if (end < 0) {
      this.#keep(read, start);
      return false;
    }
    this.next = end + 1;
    if (read[end] === carriageReturn) {
      if (this.next === read.length) this.#skipsLineFeed = true;
      else if (read[this.next] === lineFeed) this.next++;
    }
    this.#found(read, start, end);
    return true;
  }

  /** What came after the last line ending, as a line; false where there was nothing. */
  cutRest(): boolean {
    if (this.#restLength === 0) return false;
    this.#found(nothing, 0, 0);
    return true;
  }

  #begin(read: Buffer): void {
    this.#read = read;
    this.#nextFeed = -1;
    // Almost nobody sends CR, so that this is one look at the whole read.
    this.#nextReturn = indexOf(read, carriageReturn, 0);
  }

  #ending(read: Buffer, start: number): number {
    if (this.#nextFeed < start) {
      this.#nextFeed = read[start] === lineFeed ? start : indexOf(read, lineFeed, start);
    }
    if (this.#nextReturn < start) this.#nextReturn = indexOf(read, carriageReturn, start);
    const end = Math.min(this.#nextFeed, this.#nextReturn);
    return end === Number.POSITIVE_INFINITY ? -1 : end;
  }

  #keep(read: Buffer, start: number): void {
    this.#read = undefined;
    if (start >= read.length) return;
    this.#rest.push(start === 0 ? read : read.subarray(start));
    this.#restLength += read.length - start;
    if (this.#restLength > this.#longest) throw tooLong(this.#longest);
  }

  #found(read: Buffer, start: number, end: number): void {
    if (this.#restLength === 0) {
      this.bytes = read;
      this.start = start;
      this.end = end;
    } else {
      this.#rest.push(read.subarray(start, end));
      this.bytes = Buffer.concat(this.#rest);
      this.start = 0;
      this.end = this.bytes.length;
      this.#rest = [];
      this.#restLength = 0;
    }
    if (this.end - this.start > this.#longest) throw tooLong(this.#longest);
  }
}

function indexOf(bytes: Buffer, byte: number, from: number): number {
  const index = bytes.indexOf(byte, from);
  return index < 0 ? Number.POSITIVE_INFINITY : index;
}

export function tooLong(longest = longestEvent): BesedaError {
  return new BesedaError(`The service sent an event that is longer than ${longest / 1024 ** 2} MB.`, {
    code: "too-large",
    hint: "The reply was given up; nothing of that event was used.",
  });
}
