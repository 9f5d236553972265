// Rows as JSON lines.
import type { Column } from "../dataset.ts";
import { cellGetter, type RowEncoder } from "../row-encoder.ts";

const enough = 256 * 1024;

/** The columns in their order; null is written, what is not there is not. */
export function jsonlEncoder(columns: readonly Column[]): RowEncoder {
  const keys = columns.map(({ name }) => ({ get: cellGetter(name), key: `${JSON.stringify(name)}:` }));
  let text = "";
  const take = () => {
    const bytes = Buffer.from(text);
    text = "";
    return bytes;
  };
  return {
    add(cells) {
      let line = "";
      for (const { get, key } of keys) {
        const cell = get(cells);
        if (cell !== undefined) line += `${line === "" ? "{" : ","}${key}${JSON.stringify(cell)}`;
      }
      text += line === "" ? "{}\n" : `${line}}\n`;
    },
    get isFull() {
      return text.length >= enough;
    },
    take,
    end: take,
  };
}
