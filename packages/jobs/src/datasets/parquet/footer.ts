// The footer of a Parquet file: read only once it is known to be no longer and no deeper than it can be.
import { BesedaError } from "@beseda/core";
import { type FileMetaData, parquetMetadata, type RowGroup, type SchemaElement } from "hyparquet";
import type { RandomFile } from "./random-file.ts";
import { readFields } from "./thrift.ts";

const mostFooterBytes = 32 * 1024 * 1024;
/** About 25 for each column of each group of rows, in some 80 bytes. */
const mostFooterValues = 10_000_000;
const deepestSchema = 32;

/** @throws BesedaError `damaged`, `unsupported`, `too-large`, and `invalid-argument` for names that cannot be */
export async function footerOf(name: string, file: RandomFile): Promise<FileMetaData> {
  const size = file.byteLength;
  const end = new DataView(await file.slice(Math.max(0, size - 8)));
  const mark = size < 12 ? "" : markAt(end, 4);
  if (mark === "PARE") {
    throw new BesedaError(`${name} is encrypted.`, {
      code: "unsupported",
      hint: "Write it without encryption, and try again.",
    });
  }
  if (mark !== "PAR1") throw damaged(name, "its footer is missing: it is cut off, or no Parquet file");
  const length = end.getUint32(0, true);
  if (length > size - 12) throw damaged(name, "its footer is longer than the file");
  if (length > mostFooterBytes) throw largeFooter(name, `${length} bytes`);
  const footer = await file.slice(size - 8 - length);
  const reader = { view: new DataView(footer, 0, length), offset: 0, values: mostFooterValues };
  try {
    readFields(reader);
    const metadata = parquetMetadata(footer, { geoparquet: false });
    checkSchema(name, metadata.schema);
    for (const [index, group] of metadata.row_groups.entries()) checkGroup(group, { name, index, size, metadata });
    return metadata;
  } catch (cause) {
    if (reader.values < 0) throw largeFooter(name, `more than ${mostFooterValues} values`);
    throw damaged(name, "its footer cannot be read", cause);
  }
}

function markAt(view: DataView, offset: number): string {
  return String.fromCharCode(...new Uint8Array(view.buffer, offset, 4));
}

/** @throws RangeError, BesedaError */
function checkSchema(file: string, schema: readonly SchemaElement[]): void {
  /** How many children are still to come of each element that the next one is in, and its path. */
  const open: { left: number; path: string }[] = [];
  /** Fields are told apart by these. */
  const paths = new Set<string>();
  for (const [index, { name, num_children: children = 0 }] of schema.entries()) {
    const parent = open.at(-1);
    if (index > 0 && !parent) throw new RangeError("it has columns that are in nothing");
    const path = open.length > 1 ? `${parent?.path}.${name}` : name;
    if (parent) {
      if (name === "__proto__") throw wrongNames(file, "no column and no field can be called __proto__");
      if (paths.has(path)) throw wrongNames(file, `two columns or fields are called “${path}”`);
      paths.add(path);
      parent.left--;
    }
    if (children > 0) open.push({ left: children, path });
    if (open.length > deepestSchema) throw new RangeError("its columns are nested too deep");
    while (open.at(-1)?.left === 0) open.pop();
  }
  if (open.length > 0 || paths.size === 0) throw new RangeError("it has fewer columns than it says");
}

function wrongNames(file: string, problem: string): BesedaError {
  return new BesedaError(`${file}: ${problem}.`, {
    code: "invalid-argument",
    hint: "Write it again with a name of its own for each; the name of a field is taken with those that it is in, joined by dots.",
  });
}

type GroupPlace = { name: string; index: number; size: number; metadata: FileMetaData };

const codecs: readonly string[] = ["UNCOMPRESSED", "SNAPPY", "GZIP", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW"];
/** What has to be in memory at once: packed, or not. */
const mostGroupBytes = 512 * 1024 * 1024;
const mostValues = 1 << 24;

function checkGroup({ columns, num_rows }: RowGroup, { name, index, size }: GroupPlace): void {
  let bytes = 0;
  for (const { meta_data: chunk } of columns) {
    if (!chunk) throw new RangeError(`group ${index + 1} has a column without a description`);
    const start = Number(chunk.dictionary_page_offset || chunk.data_page_offset);
    const length = Number(chunk.total_compressed_size);
    if (!(start >= 4 && length >= 0 && start + length <= size - 8)) {
      throw new RangeError(`group ${index + 1} has a column outside of the file`);
    }
    if (!codecs.includes(chunk.codec)) {
      throw new BesedaError(`${name} is packed with ${chunk.codec ?? "a compression that is not known"}.`, {
        code: "unsupported",
        hint: `Write it with another compression, such as zstd. Known are ${codecs.join(", ")}.`,
      });
    }
    const values = Number(chunk.num_values);
    const isFlat = chunk.path_in_schema.length === 1;
    if (values < 0 || values < num_rows || (isFlat && values !== Number(num_rows))) {
      throw new RangeError(`group ${index + 1} has a column with ${values} values for ${num_rows} rows`);
    }
    if (values > mostValues) throw tooLarge(name, `a column of group ${index + 1} has ${values} values`);
    // Columns with lists or objects are unpacked as a whole.
    bytes += isFlat ? length : Math.max(length, Number(chunk.total_uncompressed_size));
  }
  if (num_rows < 0n || columns.length === 0) throw new RangeError(`group ${index + 1} is none`);
  if (bytes > mostGroupBytes) throw tooLarge(name, `group ${index + 1} of its rows has ${bytes} bytes`);
}

function tooLarge(name: string, problem: string): BesedaError {
  return new BesedaError(`${name}: ${problem}, which is more than can be held.`, {
    code: "too-large",
    hint: "Write it again in smaller groups of rows, such as 100,000 each.",
  });
}

function largeFooter(name: string, amount: string): BesedaError {
  return new BesedaError(`${name}: its footer has ${amount}, which is more than can be held.`, {
    code: "too-large",
    hint: "It has too many groups of rows for its columns: write it again in larger groups, or as several files.",
  });
}

export function damaged(name: string, problem: string, cause?: unknown): BesedaError {
  if (cause instanceof BesedaError) return cause;
  const reason = cause instanceof Error ? ` (${cause.message.slice(0, 200)})` : "";
  return new BesedaError(`${name}: ${problem}${reason}.`, {
    code: "damaged",
    hint: "Is it a whole Parquet file? Fetch or write it again.",
    cause,
  });
}
