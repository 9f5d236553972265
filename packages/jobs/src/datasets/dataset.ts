// What a dataset is: rows with numbers, and of some formats the columns beforehand.
import type { JsonValue } from "@beseda/core";

/**
 * What a column holds. `int` has 64 bits, `timestamp` is a point in time to the microsecond, `json` is any JSON, also where
 * its rows do not agree.
 */
export type ColumnType =
  | "string"
  | "int"
  | "double"
  | "boolean"
  | "timestamp"
  | "json"
  | "binary"
  | { list: ColumnType }
  | { struct: Readonly<Record<string, ColumnType>> };

export type Column = { name: string; type: ColumnType };

/**
 * The cells of a row by the names of their columns: plain JSON whatever the format was. A timestamp is ISO 8601 in UTC, and
 * beyond the years that this has (±275,000) its microseconds since 1970 as digits; binary is base64; an `int` beyond ±2^53 is
 * its decimal digits as a text, and so are `NaN` and `Infinity` of a `double`. Parquet's unsigned integers of 64 bits, and its
 * decimals of more than 15 digits, are columns of texts. What is missing is null or not there.
 */
export type Cells = Record<string, JsonValue>;

/** `number` counts from 1, rows that cannot be read included. */
export type Row = { number: number; cells: Cells; problem?: undefined };

/** A row that cannot be read, and why, such as `it is not JSON`. `line` is where it begins in the file, where that is not its number. */
export type BadRow = { number: number; line?: number | undefined; problem: string; cells?: undefined };

export type DatasetFormat = "jsonl" | "csv" | "parquet";

export interface Dataset {
  /** For people: its path, as a rule. */
  readonly name: string;
  /** `memory` is one that a program has made. */
  readonly format: DatasetFormat | "memory";
  /** Where they are known before the rows are read: of Parquet, and of CSV, whose cells are all texts. */
  readonly columns?: readonly Column[] | undefined;
  /**
   * From the beginning, with each call; as many at once as one read held. Whoever leaves early closes the file.
   * @throws BesedaError where no more of it can be read, or its file has changed since it was opened; single rows that are wrong
   *   come as such
   */
  rows(): AsyncIterable<readonly (Row | BadRow)[]>;
}

/** Bytes with a name, such as an object in a storage. `bytes` may be called again and gives the same again. */
export type ByteSource = { name: string; bytes(): AsyncIterable<Uint8Array> };
