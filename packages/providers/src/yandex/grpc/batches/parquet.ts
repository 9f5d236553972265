// Rows out of a Parquet file, one group of rows after another: as much is in memory as the file keeps together.
import { BesedaError } from "@beseda/core";

/** @throws BesedaError `unsupported` where hyparquet is not installed, `bad-response` for a file that cannot be read */
export async function* parquetRows(path: string): AsyncGenerator<Record<string, unknown>> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await hyparquet();
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      const rowEnd = rowStart + Number(group.num_rows);
      yield* await parquetReadObjects({ file, metadata, rowStart, rowEnd });
      rowStart = rowEnd;
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
