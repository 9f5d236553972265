// What Parquet pages are packed with: Node's own zlib where it can, hyparquet-compressors for the others.
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { Compressors } from "hyparquet";
import { compressors, decompressZstd } from "hyparquet-compressors";

/** None of them gives or holds more than the page says that it has. */
export const decompressors: Compressors = {
  ...compressors,
  GZIP: (page, maxOutputLength) => gunzipSync(page, { maxOutputLength: Math.max(1, maxOutputLength) }),
  BROTLI: (page, maxOutputLength) => brotliDecompressSync(page, { maxOutputLength: Math.max(1, maxOutputLength) }),
  ZSTD: (page, outputLength) => decompressZstd(page, new Uint8Array(outputLength)),
};
