// A long text as several messages: cut where a reader would pause, never inside a character, code blocks kept whole.
import { BesedaError } from "@beseda/core";

/** A code block that is open where a text is cut: how it is closed there, and what opens it again. */
type Fence = { marker: string; opening: string };

type Cut = { end: number; fence: Fence | undefined };

const smallestLimit = 200;
/** Room for the line that closes a code block: a line break and the longest marker that counts as one. */
const closingRoom = 9;

/**
 * Pieces of at most `limit` UTF-16 units, which is how Telegram counts. Cut after a paragraph, else a line, else a word,
 * else between two graphemes, where that leaves no piece less than half full. A code block that is cut is closed and
 * opened again with its language; apart from that the pieces joined are the text. A text that only grows keeps the
 * pieces that it had, but for the last one.
 *
 * @throws BesedaError `invalid-argument` for a limit below 200.
 */
export function splitText(text: string, limit: number): string[] {
  if (!(limit >= smallestLimit)) {
    throw new BesedaError(`Text cannot be split into pieces of ${limit}.`, {
      code: "invalid-argument",
      hint: `The limit is at least ${smallestLimit}; Telegram's is 4096.`,
    });
  }
  const pieces: string[] = [];
  let start = 0;
  let fence: Fence | undefined;
  for (;;) {
    const opening = fence ? `${fence.opening}\n` : "";
    if (opening.length + text.length - start <= limit) return [...pieces, opening + text.slice(start)];
    const cut = chooseCut(text, start, start + limit - opening.length - closingRoom, fence);
    const piece = text.slice(start, cut.end);
    pieces.push(opening + piece + closing(piece, cut.fence));
    start = cut.end;
    fence = cut.fence;
  }
}

function closing(piece: string, fence: Fence | undefined): string {
  if (!fence) return "";
  return piece.endsWith("\n") ? fence.marker : `\n${fence.marker}`;
}

/** Where the piece that begins at `start` ends, at `last` at the latest. `fence` is open at its beginning. */
function chooseCut(text: string, start: number, last: number, fence: Fence | undefined): Cut {
  const half = start + Math.floor((last - start) / 2);
  let paragraph: Cut | undefined;
  let line: Cut | undefined;
  let codeLine: Cut | undefined;
  let lineStart = start;
  let open = fence;
  for (let end = lineEnd(text, lineStart); end !== undefined && end <= last; end = lineEnd(text, lineStart)) {
    const written = text.slice(lineStart, end);
    const before = open;
    // What goes on in the middle of a line opens and closes nothing.
    if (lineStart === 0 || text[lineStart - 1] === "\n") open = fenceAfter(open, written);
    lineStart = end;
    const cut = { end, fence: open };
    if (end < half || (open && !before) || closesNext(text, end, open)) continue;
    if (open) codeLine = cut;
    else if (written.trim() === "") paragraph = cut;
    else line = cut;
  }
  return paragraph ?? line ?? codeLine ?? { end: wordEnd(text, start, half, last), fence: open };
}

/** Behind the line break of the line that begins at `start`. */
function lineEnd(text: string, start: number): number | undefined {
  const lineBreak = text.indexOf("\n", start);
  return lineBreak === -1 ? undefined : lineBreak + 1;
}

/** A long "opening" is text, and so is a long marker: opening it again has to be cheap. */
function fenceAfter(open: Fence | undefined, line: string): Fence | undefined {
  const [, marker, info] = /^[ \t]{0,12}(`{3,8}|~{3,8})([^`\n]{0,30})\r?\n?$/.exec(line) ?? [];
  if (marker === undefined || info === undefined) return open;
  if (!open) return { marker, opening: marker + info.trim() };
  const closes = marker[0] === open.marker[0] && marker.length >= open.marker.length && info.trim() === "";
  return closes ? undefined : open;
}

/** Whether the next line closes the code block: the piece after it would begin with an empty one. */
function closesNext(text: string, start: number, open: Fence | undefined): boolean {
  return open !== undefined && fenceAfter(open, text.slice(start, lineEnd(text, start))) === undefined;
}

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });
/** The longest grapheme that is looked for across the end of a piece; a family of four emoji has 11 units. */
const longestGrapheme = 100;
/** What forms one grapheme even with a blank before it. */
const joinsBlank = /^[\p{M}\p{Cf}\p{Emoji_Modifier}\n]/u;

function wordEnd(text: string, start: number, half: number, last: number): number {
  for (let at = last; at > half; at--) {
    if (/\s/.test(text.charAt(at - 1)) && !joinsBlank.test(text.slice(at, at + 2))) return at;
  }
  const boundary = graphemes.segment(text.slice(start, last + longestGrapheme)).containing(last - start)?.index ?? 0;
  if (boundary > 0) return start + boundary;
  // One grapheme that is longer than a message: a letter under thousands of accents.
  return /[\uD800-\uDBFF]/.test(text.charAt(last - 1)) ? last - 1 : last;
}
