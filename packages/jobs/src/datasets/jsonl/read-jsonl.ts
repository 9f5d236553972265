// Rows out of JSON lines: UTF-8, an object a line, ended by \n or \r\n.
import { isUtf8 } from "node:buffer";
import { BesedaError } from "@beseda/core";
import type { BadRow, ByteSource, Dataset, Row } from "../dataset.ts";
import { emptyDataset } from "../file-source.ts";
import { refuseOtherBytes } from "../refuse-other-bytes.ts";
import { parseLine } from "./parse-line.ts";

export function openJsonl(source: ByteSource): Dataset {
  return { name: source.name, format: "jsonl", rows: () => jsonlRows(source) };
}

/** A longer line is none: memory has to hold it. */
export const longestLine = 64 * 1024 * 1024;

const lineFeed = 10;

async function* jsonlRows({ name, bytes }: ByteSource): AsyncGenerator<(Row | BadRow)[]> {
  let rest: Buffer[] = [];
  let restLength = 0;
  let number = 0;
  // Empty lines are rows that are none, unless there is nothing else.
  let isBlank = true;
  for await (const read of bytes()) {
    const block = Buffer.from(read.buffer, read.byteOffset, read.byteLength);
    isBlank &&= block.toString("utf8").trim() === "";
    const end = isBlank ? -1 : block.lastIndexOf(lineFeed);
    if (end >= 0) {
      const whole = rest.length === 0 ? block.subarray(0, end) : Buffer.concat([...rest, block.subarray(0, end)]);
      rest = [];
      restLength = 0;
      if (number === 0) refuseOthers(name, whole);
      const rows = rowsOf(whole, number);
      number += rows.length;
      yield rows;
    }
    const left = block.subarray(end + 1);
    if (left.length === 0) continue;
    // A copy: whoever gave the bytes may use their memory again.
    rest.push(Buffer.from(left));
    restLength += left.length;
    if (restLength > longestLine) throw tooLong(name, number + 1);
  }
  if (isBlank) throw emptyDataset(name);
  if (restLength > 0) {
    const last = Buffer.concat(rest);
    if (number === 0) refuseOthers(name, last);
    yield rowsOf(last, number);
  }
}

const byteOrderMark = "\uFEFF";

function rowsOf(bytes: Buffer, before: number): (Row | BadRow)[] {
  const lines = isUtf8(bytes) ? bytes.toString("utf8").split("\n") : linesWithErrors(bytes);
  return lines.map((line, index) => {
    const number = before + index + 1;
    if (line === undefined) return { number, problem: "it is not UTF-8: save the file as UTF-8" };
    return parseLine(number, number === 1 && line.startsWith(byteOrderMark) ? line.slice(1) : line);
  });
}

/** @throws BesedaError for what is none of JSON lines at all: each line of it would be told as a row that is none */
function refuseOthers(name: string, start: Buffer): void {
  refuseOtherBytes(name, start);
  refuseList(name, start);
  if (!/^(?:\uFEFF)?\s*\{[ \r]*\n\s+"/.test(start.subarray(0, 1_024).toString("utf8"))) return;
  throw new BesedaError(`${name} is JSON over several lines, and no JSON lines.`, {
    code: "invalid-argument",
    hint: "Write one object a line: `jq -c . FILE`.",
  });
}

/** @throws BesedaError for a list over several lines, each of which would be told as a row that is none */
function refuseList(name: string, start: Buffer): void {
  if (!/^(?:\uFEFF)?\s*\[\s*(?:\{|$)/.test(start.subarray(0, 1_024).toString("utf8"))) return;
  const end = start.indexOf(lineFeed, start.indexOf("["));
  if (end < 0 && isJson(start)) return;
  if (end >= 0 && isJson(start.subarray(0, end))) return;
  throw new BesedaError(`${name} is a JSON list, and no JSON lines.`, {
    code: "invalid-argument",
    hint: "Write one object a line, without brackets around them and commas between them: `jq -c '.[]' FILE`.",
  });
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString("utf8").replace(byteOrderMark, ""));
    return true;
  } catch {
    return false;
  }
}

function linesWithErrors(bytes: Buffer): (string | undefined)[] {
  const lines: (string | undefined)[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const at = bytes.indexOf(lineFeed, from);
    const line = bytes.subarray(from, at < 0 ? bytes.length : at);
    lines.push(isUtf8(line) ? line.toString("utf8") : undefined);
    from = at < 0 ? bytes.length + 1 : at + 1;
  }
  return lines;
}

function tooLong(name: string, row: number): BesedaError {
  return new BesedaError(`${name}, row ${row}: the line is longer than ${longestLine / 1024 / 1024} MB.`, {
    code: "too-large",
    hint: "Is the file JSON lines, with a row a line? Cut this row short or take it out.",
  });
}
