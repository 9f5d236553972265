// What Parquet pages are packed with: Node's own zlib where it can, hyparquet-compressors for the others.
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Compressors } from "hyparquet";
import { compressors, decompressLz4, decompressLz4Raw, decompressZstd } from "hyparquet-compressors";

/** None of them gives or holds more than the page says that it has. */
export const decompressors: Compressors = {
  ...compressors,
  GZIP: (page, maxOutputLength) => gunzipSync(page, { maxOutputLength: Math.max(1, maxOutputLength) }),
  BROTLI: (page, maxOutputLength) => brotliDecompressSync(page, { maxOutputLength: Math.max(1, maxOutputLength) }),
  // The sign for nothing, as of a column of nulls alone, is an error to both.
  LZ4: (page, outputLength) => (outputLength === 0 ? new Uint8Array() : decompressLz4(page, outputLength)),
  LZ4_RAW: (page, outputLength) => (outputLength === 0 ? new Uint8Array() : decompressLz4Raw(page, outputLength)),
  ZSTD: (page, outputLength) => decompressZstd(page, new Uint8Array(outputLength)),
};
