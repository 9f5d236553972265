// Lines of JSON as bytes, and back, as they come.
import { BesedaError } from "@beseda/core";

const newline = 0x0a;
/** Written together: so many characters at least. */
const chunkChars = 65_536;

/** @throws BesedaError `damaged` for a line that is no JSON */
export async function* readJsonLines<Value>(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Value> {
  let number = 0;
  let rest: Uint8Array[] = [];
  for await (const chunk of bytes) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      rest.push(chunk.subarray(from, end));
      yield parsed(name, ++number, rest);
      rest = [];
      from = end + 1;
    }
    if (from < chunk.length) rest.push(chunk.subarray(from));
  }
  if (rest.length > 0) yield parsed(name, ++number, rest);
}

function parsed<Value>(name: string, number: number, pieces: readonly Uint8Array[]): Value {
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
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
