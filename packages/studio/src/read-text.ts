// The text that a command works on: its argument, or all of its input.
import { BesedaError } from "@beseda/core";

/** More than any of the services takes. */
const mostBytes = 1024 * 1024;

/** @throws BesedaError `invalid-argument` where there is none, or it is not UTF-8; `too-large` above 1 MB */
export async function readText(argument: string | undefined, input: NodeJS.ReadStream): Promise<string> {
  const text = argument ?? (input.isTTY ? "" : await wholeInput(input));
  if (text.trim() !== "") return text;
  throw new BesedaError("There is no text.", {
    code: "invalid-argument",
    hint: "Give it in quotes, or as the input of the command.",
  });
}

async function wholeInput(input: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    size += chunk.length;
    if (size > mostBytes) {
      throw new BesedaError("The input is longer than 1 MB.", { code: "too-large", hint: "Give it in parts." });
    }
    chunks.push(chunk);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)).replace(/\n$/, "");
  } catch {
    throw new BesedaError("The input is not UTF-8.", {
      code: "invalid-argument",
      hint: "Convert it with iconv first.",
    });
  }
}
