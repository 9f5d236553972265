// Rows out of a Parquet file: one group of rows after another, in pieces where a group is large.
import { BesedaError } from "@beseda/core";

/** @throws BesedaError `unsupported` where hyparquet is not installed, `bad-response` for a file that cannot be read */
export async function* parquetRows(path: string): AsyncGenerator<Record<string, unknown>> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await hyparquet();
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const groupEnd = rowStart + Number(group.num_rows);
      const most = rowsAtOnce(group);
      while (rowStart < groupEnd) {
        const rowEnd = Math.min(groupEnd, rowStart + most);
        yield* await parquetReadObjects({ file, metadata, rowStart, rowEnd, useOffsetIndex: true });
        rowStart = rowEnd;
      }
    }
  } catch (cause) {
    if (cause instanceof BesedaError) throw cause;
    throw new BesedaError("The Parquet file of the dataset cannot be read.", {
      code: "bad-response",
      hint: "Download it (beseda dataset download) and look into it with another reader.",
      cause,
    });
  }
}

/** What is kept at once of a group that is larger. Each piece unpacks lists anew, unless the file says where its pages begin. */
const bytesAtOnce = 8 * 1024 * 1024;

function rowsAtOnce({ num_rows, total_byte_size }: { num_rows: bigint; total_byte_size: bigint }): number {
  const pieces = Math.max(1, Math.ceil(Number(total_byte_size) / bytesAtOnce));
  return Math.max(1, Math.ceil(Number(num_rows) / pieces));
}

async function hyparquet() {
  try {
    return await import("hyparquet");
  } catch (cause) {
    throw new BesedaError("Reading the results of a batch needs one more package.", {
      code: "unsupported",
      hint: "Install it: npm install hyparquet",
      cause,
    });
  }
}
