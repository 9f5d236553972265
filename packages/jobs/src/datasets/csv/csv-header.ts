// The header of a CSV file: the names of the columns.
import { BesedaError } from "@beseda/core";
import { firstTwice } from "../first-twice.ts";

/**
 * The names as the columns get them: without spaces at their ends, unless these alone tell two of them apart; one that is empty, as some programs write it for the number of the row, becomes
 * `column1` by its place, or `column1_` where another one is called that.
 */
export function checkHeader(name: string, fields: readonly string[]): string[] {
  const trimmed = fields.map((field) => field.replace(spacesAtEnds, ""));
  const given = twiceIn(trimmed) === undefined ? trimmed : fields;
  const twice = twiceIn(given);
  if (twice !== undefined) throw wrongHeader(name, `two columns are called “${twice}”`);
  const taken = new Set(given);
  if (taken.has("__proto__")) throw wrongHeader(name, "no column can be called __proto__");
  return given.map((field, index) => {
    if (field !== "") return field;
    let free = `column${index + 1}`;
    while (taken.has(free)) free += "_";
    taken.add(free);
    return free;
  });
}

/** A byte order mark, which trim() takes for one, is none. */
const spacesAtEnds = /^[^\S\uFEFF]+|[^\S\uFEFF]+$/g;

function twiceIn(names: readonly string[]): string | undefined {
  return firstTwice(names.filter((name) => name !== ""));
}

export function wrongHeader(name: string, problem: string): BesedaError {
  return new BesedaError(`${name}, header: ${problem}.`, {
    code: "invalid-argument",
    hint: "Its first line has to name the columns, each once, in UTF-8.",
  });
}
