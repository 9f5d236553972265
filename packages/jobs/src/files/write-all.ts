// Bytes into an open file: the system may take fewer at once than it was given.
import type { FileHandle } from "node:fs/promises";

export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}
