// A file that is read at any place, as Parquet wants it; what comes as a stream becomes a temporary file first.
import { createWriteStream } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AsyncBuffer } from "hyparquet";
import type { ByteSource } from "../dataset.ts";
import { emptyDataset, fileState, unreadable } from "../file-source.ts";

export interface RandomFile extends AsyncBuffer {
  slice(start: number, end?: number): Promise<ArrayBuffer>;
  close(): Promise<void>;
}

/** @throws BesedaError as `fileState` */
export async function randomFile(source: string | ByteSource): Promise<RandomFile> {
  if (typeof source !== "string") return spooled(source);
  await fileState(source);
  const handle = await open(source, "r").catch((cause) => {
    throw unreadable(source, cause);
  });
  return fileOf(handle, source, () => handle.close());
}

async function spooled({ name, bytes }: ByteSource): Promise<RandomFile> {
  const folder = await mkdtemp(join(tmpdir(), "beseda-parquet-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "rows.parquet");
    await pipeline(
      Readable.from(bytes(), { objectMode: false }),
      createWriteStream(path, { flags: "wx", mode: 0o600 }),
    );
    const handle = await open(path, "r");
    return await fileOf(handle, name, () => handle.close().finally(remove));
  } catch (error) {
    await remove();
    throw error;
  }
}

async function fileOf(handle: FileHandle, name: string, close: () => Promise<void>): Promise<RandomFile> {
  try {
    const { size } = await handle.stat();
    if (size === 0) throw emptyDataset(name);
    return { byteLength: size, close, slice: (start, end = size) => bytesOf(handle, name, start, end) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function bytesOf(handle: FileHandle, name: string, start: number, end: number): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at).catch((cause) => {
      throw unreadable(name, cause);
    });
    if (bytesRead === 0) throw unreadable(name, new Error("it has become shorter"));
    at += bytesRead;
  }
  return bytes.buffer;
}
