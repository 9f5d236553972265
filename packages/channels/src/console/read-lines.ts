// Standard input as messages: each line is one.
import { BesedaError } from "@beseda/core";

/** More is hardly ever meant, and no model reads it. */
export const maxMessageBytes = 1_000_000;

export type InputLine = { text: string } | { problem: BesedaError };

/**
 * The lines as they come, without those that are blank. One that is too long or not UTF-8 is reported in its place, and
 * the others are read on; never more than the limit is held.
 */
export async function* readLines(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<InputLine> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  let number = 0;
  const add = (piece: Uint8Array) => {
    length += piece.length;
    if (length <= maxMessageBytes) pieces.push(piece);
  };
  const take = (): InputLine => {
    number++;
    const line = length > maxMessageBytes ? { problem: tooLong(length, `Line ${number}`) } : decoded(pieces, number);
    pieces = [];
    length = 0;
    return line;
  };
  for await (const chunk of input) {
    const bytes = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end !== -1; end = bytes.indexOf(lineFeed, start)) {
      add(bytes.subarray(start, end));
      start = end + 1;
      const line = take();
      if (!isBlank(line)) yield line;
    }
    add(bytes.subarray(start));
  }
  const rest = take();
  if (!isBlank(rest)) yield rest;
}

/** @throws BesedaError `invalid-argument` for a message that says nothing, `too-large` for one over the limit */
export function requireMessage(text: string): void {
  if (text.trim() === "") {
    throw new BesedaError("The message is empty.", {
      code: "invalid-argument",
      hint: "Write something to be answered.",
    });
  }
  const bytes = Buffer.byteLength(text);
  if (bytes > maxMessageBytes) throw tooLong(bytes, "The message");
}

const lineFeed = 0x0a;

function isBlank(line: InputLine): boolean {
  return "text" in line && line.text.trim() === "";
}

function decoded(pieces: readonly Uint8Array[], number: number): InputLine {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(pieces));
    return { text: text.endsWith("\r") ? text.slice(0, -1) : text };
  } catch {
    const problem = new BesedaError(`Line ${number} of the input is not valid UTF-8; it was not sent.`, {
      code: "invalid-argument",
      hint: "Convert the input first, such as with iconv -f CP1251 -t UTF-8.",
    });
    return { problem };
  }
}

function tooLong(bytes: number, what: string): BesedaError {
  return new BesedaError(
    `${what} has ${bytes} bytes, more than the ${maxMessageBytes} of one message; it was not sent.`,
    {
      code: "too-large",
      hint: "Send it in parts, or only the passage that the question is about.",
    },
  );
}
