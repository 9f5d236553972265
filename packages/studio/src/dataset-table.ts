// Rows as a table that fits the terminal: columns as wide as they need to be and as there is room.
import type { BadRow, Column, Row } from "@beseda/jobs/datasets";
import { cut, displayWidth, padded } from "./display-width.ts";
import { safeLine } from "./write-lines.ts";

const between = "  ";
const narrowest = 4;

/** @param width in columns of the terminal; columns of the table that find no room are named in the last line */
export function tableOf(
  rows: readonly (Row | BadRow)[],
  columns: readonly Pick<Column, "name">[] | undefined,
  width: number,
): string[] {
  const names = columns?.map(({ name }) => name) ?? namesIn(rows);
  const numbers = ["#", ...rows.map(({ number }) => String(number))];
  const wanted = names.map((name) => [name, ...rows.map((row) => textOf(row, name))].map(oneLine));
  const left = width - widest(numbers);
  const shown = wanted.slice(0, Math.max(1, Math.floor(left / (between.length + narrowest))));
  const widths = fitting(
    shown.map((texts) => widest(texts)),
    left - between.length * shown.length,
  );
  const lines = numbers.map((number, index) => {
    const bad = index > 0 ? rows[index - 1]?.problem : undefined;
    const start = number.padStart(widest(numbers));
    if (bad !== undefined) return cut(`${start}${between}! ${oneLine(bad)}`, width);
    const cells = shown.map((texts, column) =>
      padded(cut(texts[index] ?? "", widths[column] ?? 0), widths[column] ?? 0),
    );
    return [start, ...cells].join(between).trimEnd();
  });
  const hidden = names.slice(shown.length);
  return hidden.length === 0 ? lines : [...lines, cut(`and ${hidden.length} more: ${hidden.join(", ")}`, width)];
}

function namesIn(rows: readonly (Row | BadRow)[]): string[] {
  return [...new Set(rows.flatMap(({ cells }) => Object.keys(cells ?? {})))];
}

function textOf({ cells }: Row | BadRow, name: string): string {
  const cell = cells && Object.hasOwn(cells, name) ? cells[name] : undefined;
  if (cell === undefined || cell === null) return "";
  return typeof cell === "string" ? cell : JSON.stringify(cell);
}

/** A table shows the beginning of a cell; what is longer is not even looked at. */
function oneLine(text: string): string {
  return safeLine(text.slice(0, 1_000)).replaceAll("\t", " ");
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map(displayWidth));
}

/** Takes from the widest until they fit; each keeps what is needed to see that it is there. */
function fitting(widths: readonly number[], room: number): number[] {
  const fitted = [...widths];
  for (let over = fitted.reduce((a, b) => a + b, 0) - room; over > 0; ) {
    const most = Math.max(...fitted);
    if (most <= narrowest) break;
    const next = Math.max(narrowest, ...fitted.filter((width) => width < most));
    const sharing = fitted.filter((width) => width === most).length;
    const each = Math.max(1, Math.min(most - next, Math.ceil(over / sharing)));
    for (const [index, width] of fitted.entries()) {
      if (width !== most || over <= 0) continue;
      fitted[index] = width - each;
      over -= each;
    }
  }
  return fitted;
}
