// What a format does when rows are written: it takes them one by one and gives bytes when there are enough.
import type { BesedaError, JsonValue } from "@beseda/core";

export type WritableCells = Readonly<Record<string, JsonValue | undefined>>;

export type EncoderOptions = {
  /** Called for each cell that is not of the type of its column, and is null then. Default: such a cell is an error. */
  onWrongCell?: ((error: BesedaError) => void) | undefined;
};

export interface RowEncoder {
  /** @throws BesedaError where a cell is not of the type of its column */
  add(cells: WritableCells, number: number): void;
  /** Whether its bytes are to be taken before it is given more. */
  readonly isFull: boolean;
  /** What has come together; valid until the next call. */
  take(): Uint8Array;
  /** The last bytes. */
  end(): Uint8Array;
}

/** Reads a column's cell: of a row that has none by this name, not what every object has by it, such as `constructor`. */
export function cellGetter(name: string): (cells: WritableCells) => JsonValue | undefined {
  return name in Object.prototype
    ? (cells) => (Object.hasOwn(cells, name) ? cells[name] : undefined)
    : (cells) => cells[name];
}
