// A dataset on this machine: the Parquet files that the service makes of it.
import { createWriteStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { BesedaError, type OperationCallOptions } from "@beseda/core";
import { download, retrying } from "@beseda/core/http";
import { writing } from "../../../written-files.ts";
import type { YandexConnection } from "../../connection/connection.ts";
import { callDatasets } from "./dataset.ts";
import { hasExpired } from "./upload-dataset.ts";

export type DownloadOptions = OperationCallOptions & {
  /** After each file. */
  onProgress?: ((file: string, index: number, count: number) => void) | undefined;
};

type DownloadUrl = { key: string; url: string };

/**
 * Writes `<id>.parquet` into the directory, or `<id>-1.parquet`, `<id>-2.parquet` … where there are several, and gives
 * their paths in the order of the rows. A file is there when it is whole, not before.
 */
export async function downloadDataset(
  connection: YandexConnection,
  id: string,
  directory: string,
  { signal, onProgress }: DownloadOptions = {},
): Promise<string[]> {
  let urls = await downloadUrls(connection, id, signal);
  await makeFolder(directory);
  const paths: string[] = [];
  for (const [index, { key }] of urls.entries()) {
    const path = join(directory, fileName(id, key));
    const fetched = () => fetchFile(connection, urlOf(urls, key), path, signal);
    await fetched().catch(async (error) => {
      if (!hasExpired(error)) throw error;
      urls = await downloadUrls(connection, id, signal);
      await fetched();
    });
    paths.push(path);
    onProgress?.(path, index, urls.length);
  }
  return paths;
}

async function makeFolder(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
  } catch (cause) {
    throw new BesedaError(`There can be no folder ${directory}.`, {
      code: "invalid-argument",
      hint: "Name a folder, or a place for a new one, that may be written to.",
      cause,
    });
  }
}

async function downloadUrls(
  connection: YandexConnection,
  datasetId: string,
  signal: AbortSignal | undefined,
): Promise<DownloadUrl[]> {
  const reply = await callDatasets<{ downloadUrls: DownloadUrl[] }>(
    connection,
    "GetDownloadUrls",
    { datasetId },
    { signal },
  );
  if (reply.downloadUrls.length === 0) {
    throw new BesedaError(`The dataset ${datasetId} has no files.`, {
      code: "not-found",
      hint: "It can be downloaded when it is READY.",
    });
  }
  return reply.downloadUrls.toSorted((a, b) => numberOf(a.key) - numberOf(b.key));
}

/** `10.parquet` comes after `2.parquet`. */
function numberOf(key: string): number {
  return Number.parseInt(/\d+/.exec(key)?.[0] ?? "0", 10);
}

function fileName(id: string, key: string): string {
  const part = key === "main" ? "" : `-${key.replace(/\.parquet$/, "")}`;
  // What a service names is never a way out of the directory.
  return `${`${id}${part}`.replace(/[^\w.-]/g, "_")}.parquet`;
}

function urlOf(urls: readonly DownloadUrl[], key: string): string {
  const url = urls.find((each) => each.key === key)?.url;
  if (url && URL.canParse(url)) return url;
  throw new BesedaError(`The service gives no address for the file ${key} of the dataset.`, {
    code: "not-found",
    hint: "Try again.",
  });
}

async function fetchFile(
  { retry }: YandexConnection,
  url: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const unfinished = `${path}.${crypto.randomUUID().slice(0, 8)}.part`;
  try {
    const attempt = () => writing(path, pipeline(download(url, { signal }), createWriteStream(unfinished)));
    await retrying(attempt, { url, retry, signal: () => signal });
    await writing(path, checkParquet(unfinished, path));
    await writing(path, rename(unfinished, path));
  } catch (error) {
    await rm(unfinished, { force: true }).catch(() => {});
    throw error;
  }
}

/** It begins and ends with `PAR1`: one that is cut off does not. */
async function checkParquet(file: string, path: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const marks = Buffer.alloc(8);
    if (size >= 12) {
      await handle.read(marks, 0, 4, 0);
      await handle.read(marks, 4, 4, size - 4);
    }
    if (marks.toString("latin1") === "PAR1PAR1") return;
  } finally {
    await handle.close();
  }
  throw new BesedaError(`What was downloaded for ${path} is no whole Parquet file.`, {
    code: "bad-response",
    hint: "Try again; tell the service's support if it stays so.",
  });
}
