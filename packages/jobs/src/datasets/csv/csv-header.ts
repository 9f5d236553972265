// The header of a CSV file: what separates its fields, and the names of the columns.
import { BesedaError } from "@beseda/core";

/** Of comma, semicolon and tab the one that the first line has most of, outside of quotes. */
export function separatorOf(start: Buffer): "," | ";" | "\t" {
  const counts = { ",": 0, ";": 0, "\t": 0 };
  let isQuoted = false;
  for (const sign of start.subarray(0, longestLookedAt).toString("latin1")) {
    if (sign === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (sign === "\n") break;
    else if (sign === "," || sign === ";" || sign === "\t") counts[sign]++;
  }
  if (counts[";"] > counts[","]) return counts["\t"] > counts[";"] ? "\t" : ";";
  return counts["\t"] > counts[","] ? "\t" : ",";
}

const longestLookedAt = 64 * 1024;

/**
 * The names as the columns get them: one that is empty, as some programs write it for the number of the row, becomes
 * `column1` by its place.
 */
export function checkHeader(name: string, fields: readonly string[]): string[] {
  const names = fields.map((field, index) => field.trim() || `column${index + 1}`);
  const twice = names.find((column, index) => names.indexOf(column) !== index);
  if (twice !== undefined) throw wrongHeader(name, `two columns are called “${twice}”`);
  if (names.includes("__proto__")) throw wrongHeader(name, "no column can be called __proto__");
  return names;
}

export function wrongHeader(name: string, problem: string): BesedaError {
  return new BesedaError(`${name}, header: ${problem}.`, {
    code: "invalid-argument",
    hint: "Its first line has to name the columns, each once, in UTF-8.",
  });
}
