// The pages of a group of rows: looked at as they are read from the file, before anything makes room for what they say they hold.
import type { ColumnMetaData, RowGroup } from "hyparquet";
import { mostPageBytes, mostPageValues } from "./cell-size.ts";
import type { RandomFile } from "./random-file.ts";
import { type Fields, readFields, type ThriftReader } from "./thrift.ts";

/** The same file: whole columns of the group that are read from it have been looked at. */
export function checkedPages(file: RandomFile, { columns }: RowGroup): Pick<RandomFile, "byteLength" | "slice"> {
  return {
    byteLength: file.byteLength,
    async slice(start, end = file.byteLength) {
      const bytes = await file.slice(start, end);
      for (const { meta_data: column } of columns) {
        if (!column) continue;
        const from = Number(column.dictionary_page_offset || column.data_page_offset);
        const to = from + Number(column.total_compressed_size);
        if (start <= from && to <= end) checkPages(new DataView(bytes, from - start, to - from), column);
      }
      return bytes;
    },
  };
}

/** @throws RangeError */
function checkPages(view: DataView, { num_values, path_in_schema }: ColumnMetaData): void {
  const column = path_in_schema.join(".");
  const reader: ThriftReader = { view, offset: 0, values: 0 };
  let left = Number(num_values);
  while (reader.offset < view.byteLength) {
    reader.values = mostHeaderValues;
    const header = readFields(reader);
    const unpacked = numberAt(header, 2);
    const packed = numberAt(header, 3);
    if (packed > view.byteLength - reader.offset) throw new RangeError(`a page of ${column} is longer than the column`);
    if (unpacked > mostPageBytes) throw new RangeError(`a page of ${column} has ${unpacked} bytes, which is too much`);
    reader.offset += packed;
    const values = valuesOf(header, column, packed);
    if (numberAt(header, 1) === dictionaryPage) {
      if (values > unpacked) throw new RangeError(`the dictionary of ${column} has fewer values than it says`);
      continue;
    }
    left -= values;
    if (left < 0) throw new RangeError(`the pages of ${column} have more values than it`);
  }
  if (left > 0) throw new RangeError(`the pages of ${column} have fewer values than it`);
}

const mostHeaderValues = 1_000;
const dictionaryPage = 2;
/** The fields of a page header with what is known of pages of each type. */
const descriptions = [5, 6, 7, 8];

function valuesOf(header: Fields, column: string, packed: number): number {
  const description = header.get(descriptions[numberAt(header, 1)] ?? 0);
  if (description === undefined || typeof description === "number")
    throw new RangeError(`a page of ${column} is of no known type`);
  const values = numberAt(description, 1);
  if (values > mostPageValues) throw new RangeError(`a page of ${column} has ${values} values, which is too many`);
  if (numberAt(header, 1) === 3) {
    const nulls = numberAt(description, 2);
    const levels = numberAt(description, 5) + numberAt(description, 6);
    if (nulls > values || numberAt(description, 3) > values || levels > packed) {
      throw new RangeError(`a page of ${column} contradicts itself`);
    }
  }
  return values;
}

/** @throws RangeError for what is missing or below zero */
function numberAt(fields: Fields, id: number): number {
  const value = fields.get(id);
  if (typeof value === "number" && value >= 0) return value;
  throw new RangeError("a page has a wrong header");
}
