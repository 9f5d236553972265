// Lines of JSON as bytes, and back, as they come.
import { BesedaError } from "@beseda/core";

const newline = 0x0a;
/** Written together: so many characters at least. */
const chunkChars = 65_536;

/** @throws BesedaError `damaged` for a line that is no JSON */
export async function* readJsonLines<Value>(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Value> {
  let number = 0;
  /** The beginning of a line that goes on in the next chunk. */
  let begun: Buffer[] = [];
  for await (const { buffer, byteOffset, byteLength } of bytes) {
    const chunk = Buffer.from(buffer, byteOffset, byteLength);
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      const line = begun.length === 0 ? chunk.toString("utf8", from, end) : joined(begun, chunk.subarray(0, end));
      begun = [];
      from = end + 1;
      yield parsed(name, ++number, line);
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
  }
  if (begun.length > 0) yield parsed(name, ++number, joined(begun));
}

function joined(begun: readonly Buffer[], ...rest: Buffer[]): string {
  return Buffer.concat([...begun, ...rest]).toString("utf8");
}

function parsed<Value>(name: string, number: number, line: string): Value {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new BesedaError(`Line ${number} of ${name} is not JSON.`, {
      code: "damaged",
      hint: "The folder of the jobs was changed from outside, or its disk is failing: begin the batch anew.",
      cause,
    });
  }
}

export async function* writeJsonLines(values: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  let text = "";
  for await (const value of values) {
    text += `${JSON.stringify(value)}\n`;
    if (text.length < chunkChars) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}
