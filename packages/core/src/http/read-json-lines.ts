// Newline-delimited JSON out of bytes: one value a line, blank lines left out.
import { BesedaError } from "../errors.ts";
import type { Decoder } from "./event-reader.ts";
import { LineCutter } from "./line-cutter.ts";
import { excerpt } from "./reply-error.ts";

/** What the values are given to; it adds what it makes of them. */
export interface JsonLinesSink<Event> {
  value(value: unknown, events: Event[]): void;
  /** The reply came to its end. Throws when something is missing. */
  end(events: Event[]): void;
  /** A line is not JSON: it is left out. Without this its error is thrown. */
  unreadable?(error: unknown): void;
  /** Set once nothing more is expected: the end of the reply is then not waited for long. */
  readonly isComplete?: boolean;
}

/** A line that is not JSON is a `bad-response`, unless the sink takes it; one above `longestLine`, in bytes, is `too-large`. Default 1 MB. */
export function jsonLinesDecoder<Event>(sink: JsonLinesSink<Event>, longestLine?: number): Decoder<Event> {
  const lines = new LineCutter(longestLine);
  let isFirstLine = true;
  const take = (events: Event[]) => {
    const text = lines.bytes.toString("utf8", lines.start, lines.end);
    const line = isFirstLine ? text.replace(/^\uFEFF/, "") : text;
    isFirstLine = false;
    if (line.trim() === "") return;
    let value: unknown;
    try {
      value = parseEvent(line);
    } catch (error) {
      if (!sink.unreadable) throw error;
      return sink.unreadable(error);
    }
    sink.value(value, events);
  };
  return {
    get isComplete() {
      return sink.isComplete ?? false;
    },
    decode(read, from, events, limit) {
      let at = from;
      while (at < read.length && events.length < limit) {
        if (!lines.cut(read, at)) return read.length;
        at = lines.next;
        take(events);
      }
      return at;
    },
    end(events) {
      if (lines.cutRest()) take(events);
      sink.end(events);
    },
  };
}

/** @throws BesedaError `bad-response` with the beginning of what is not JSON. */
export function parseEvent(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BesedaError(`The service sent an event that is not JSON: ${excerpt(text)}`, {
      code: "bad-response",
      hint: "Try again; if it stays so, this is not the service that was expected.",
    });
  }
}
