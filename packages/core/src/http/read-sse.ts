// Server-sent events out of bytes, by the WHATWG specification of text/event-stream.
import type { Decoder } from "./event-reader.ts";
import { LineCutter, longestEvent, tooLong } from "./line-cutter.ts";

/** What the events are given to; it adds what it makes of them. */
export interface SseSink<Event> {
  /** `text` is the event's data, several lines joined by LF; `name` is empty where it has none. */
  event(text: string, name: string, events: Event[]): void;
  /** The reply came to its end. Throws when something is missing. */
  end(events: Event[]): void;
  /** Set once nothing more is expected: the end of the reply is then not waited for long. */
  readonly isComplete?: boolean;
}

/**
 * Differs from the specification in one point, because servers do: the blank line after the very last event may be missing.
 * An event above `longest`, in bytes, is `too-large`. Default 1 MB.
 */
export function sseDecoder<Event>(sink: SseSink<Event>, longest?: number): Decoder<Event> {
  return new SseDecoder(sink, longest);
}

const letterD = 100;
const colon = 58;
const space = 32;

class SseDecoder<Event> implements Decoder<Event> {
  readonly #sink: SseSink<Event>;
  readonly #longest: number;
  readonly #lines: LineCutter;
  #isFirstLine = true;
  #text: string | undefined;
  #name = "";

  constructor(sink: SseSink<Event>, longest = longestEvent) {
    this.#sink = sink;
    this.#longest = longest;
    this.#lines = new LineCutter(longest);
  }

  get isComplete(): boolean {
    return this.#sink.isComplete ?? false;
  }

  decode(read: Buffer, from: number, events: Event[], limit: number): number {
    const lines = this.#lines;
    let at = from;
    while (at < read.length && events.length < limit) {
      if (!lines.cut(read, at)) return read.length;
      at = lines.next;
      this.#line(lines.bytes, lines.start, lines.end, events);
    }
    return at;
  }

  end(events: Event[]): void {
    const lines = this.#lines;
    if (lines.cutRest()) this.#line(lines.bytes, lines.start, lines.end, events);
    this.#dispatch(events);
    this.#sink.end(events);
  }

  #line(bytes: Buffer, from: number, end: number, events: Event[]): void {
    let start = from;
    if (this.#isFirstLine) {
      this.#isFirstLine = false;
      if (bytes[start] === 0xef && bytes[start + 1] === 0xbb && bytes[start + 2] === 0xbf) start += 3;
    }
    if (start >= end) this.#dispatch(events);
    else if (bytes[start] === letterD && bytes[start + 4] === colon && bytes[start + 3] === 97) {
      // "data:", the line that nearly all of them are; no other field has these letters at these places
      // Without naming the encoding: looking the name up was about 3 % of a burst.
      const text = bytes.toString(undefined, start + (bytes[start + 5] === space ? 6 : 5), end);
      this.#text = this.#text === undefined ? text : this.#joined(this.#text, text);
    } else if (bytes[start] !== colon) this.#otherField(bytes.toString("utf8", start, end));
  }

  #otherField(line: string): void {
    if (line === "data") this.#text = this.#text === undefined ? "" : this.#joined(this.#text, "");
    else if (line.startsWith("event:")) this.#name = line.slice(line[6] === " " ? 7 : 6);
    else if (line === "event") this.#name = "";
  }

  #dispatch(events: Event[]): void {
    const text = this.#text;
    const name = this.#name;
    this.#text = undefined;
    this.#name = "";
    if (text !== undefined) this.#sink.event(text, name, events);
  }

  #joined(before: string, line: string): string {
    if (before.length + line.length > this.#longest) throw tooLong(this.#longest);
    return `${before}\n${line}`;
  }
}
