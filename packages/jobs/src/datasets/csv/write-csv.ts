// Rows as CSV: RFC 4180, with commas, lines that end in \r\n, and what is no text written as JSON.
import type { JsonValue } from "@beseda/core";
import type { Column } from "../dataset.ts";
import { cellGetter, type RowEncoder } from "../row-encoder.ts";

const enough = 256 * 1024;

/** Null is an empty field, as is what is not there; an empty text is a pair of quotes. */
export function csvEncoder(columns: readonly Column[]): RowEncoder {
  const names = columns.map(({ name }) => name);
  const getters = names.map(cellGetter);
  let text = lineOf(names);
  const take = () => {
    const bytes = Buffer.from(text);
    text = "";
    return bytes;
  };
  return {
    add(cells) {
      text += lineOf(getters.map((get) => get(cells)));
    },
    get isFull() {
      return text.length >= enough;
    },
    take,
    end: take,
  };
}

function lineOf(cells: readonly (JsonValue | undefined)[]): string {
  const line = cells.map(fieldOf).join(",");
  // An empty line is no row.
  return `${line === "" ? '""' : line}\r\n`;
}

function fieldOf(cell: JsonValue | undefined): string {
  if (cell === null || cell === undefined) return "";
  const text = typeof cell === "string" ? cell : JSON.stringify(cell);
  return text === "" || needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Spaces at an end, too: many programs cut them off otherwise. */
const needsQuotes = /[",;\t\r\n]|^\s|\s$|^\uFEFF/;
