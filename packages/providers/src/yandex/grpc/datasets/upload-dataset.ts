// The bytes of a dataset to the address that the service names: in one piece, or in several.
import { stat } from "node:fs/promises";
import { BesedaError } from "@beseda/core";
import { retrying, upload } from "@beseda/core/http";
import type { YandexConnection } from "../../connection/connection.ts";
import { callDatasets } from "./dataset.ts";

export type FilePart = { start: number; end: number };

/** More than this goes up in parts: what the official SDK does. */
const chunkBytes = 100 * 1024 * 1024;
const mostParts = 10_000;

/**
 * Pure: up to one chunk in one piece; above it in as many parts as whole chunks fit, all of the same size but the last. So a
 * part has from one chunk to just under two, and less than two chunks are a multipart upload of one part. Limits of the service: 5 MB to 5 GB a part, 10,000 parts.
 */
export function planUpload(size: number, chunk: number = chunkBytes): FilePart[] {
  if (size <= chunk) return [{ start: 0, end: size }];
  const count = Math.min(mostParts, Math.floor(size / chunk));
  const each = Math.ceil(size / count);
  return Array.from({ length: Math.ceil(size / each) }, (_, index) => ({
    start: index * each,
    end: Math.min(size, (index + 1) * each),
  }));
}

export type FileUpload = {
  connection: YandexConnection;
  datasetId: string;
  file: string;
  size: number;
  /** When the file was last changed, as it was checked: one that is another since is refused. */
  mtimeMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** After each part. */
  onProgress?: ((sentBytes: number) => void) | undefined;
  chunk?: number | undefined;
};

/** An address that has expired is asked for once more, and then all of it goes up again. */
export async function uploadFile(sent: FileUpload): Promise<void> {
  const parts = planUpload(sent.size, sent.chunk);
  const once = async () => {
    await checkUnchanged(sent);
    await (sent.size <= (sent.chunk ?? chunkBytes) ? uploadWhole(sent) : uploadParts(sent, parts));
    await checkUnchanged(sent);
  };
  try {
    await once();
  } catch (error) {
    if (!hasExpired(error)) throw error;
    await once();
  }
}

async function checkUnchanged({ file, size, mtimeMs }: FileUpload): Promise<void> {
  if (mtimeMs === undefined) return;
  const now = await stat(file).catch(() => undefined);
  if (now?.mtimeMs === mtimeMs && now.size === size) return;
  throw new BesedaError(`The file ${file} was changed after it had been checked.`, {
    code: "invalid-argument",
    hint: "Begin again when nobody writes to it any more.",
  });
}

export function hasExpired(error: unknown): boolean {
  return error instanceof BesedaError && error.status === 403;
}

async function uploadWhole(sent: FileUpload): Promise<void> {
  const { connection, datasetId, size, signal, onProgress } = sent;
  const request = { datasetId, sizeBytes: size };
  const { uploadUrl } = await callDatasets<{ uploadUrl: string }>(connection, "GetUploadDraftUrl", request, { signal });
  await put(sent, uploadUrl, { start: 0, end: size });
  onProgress?.(size);
}

async function uploadParts(sent: FileUpload, parts: readonly FilePart[]): Promise<void> {
  const { connection, datasetId, size, signal, onProgress } = sent;
  const { multipartUploadUrls: urls } = await callDatasets<{ multipartUploadUrls: string[] }>(
    connection,
    "StartMultipartUploadDraft",
    { datasetId, sizeBytes: size, parts: parts.length },
    { kind: "write", signal },
  );
  if (urls.length !== parts.length) {
    throw badUpload(`gave ${urls.length} addresses for ${parts.length} parts`);
  }
  const uploadedParts: { partNum: number; etag: string }[] = [];
  for (const [index, part] of parts.entries()) {
    const etag = await put(sent, urls[index] ?? "", part);
    if (etag === "") throw badUpload(`took part ${index + 1} without an ETag`);
    uploadedParts.push({ partNum: index + 1, etag });
    onProgress?.(part.end);
  }
  const finish = { datasetId, uploadedParts };
  await callDatasets(connection, "FinishMultipartUploadDraft", finish, { kind: "write", signal });
}

/** The same bytes at the same address are the same upload: a broken one is sent again. */
async function put({ connection, file, signal }: FileUpload, url: string, part: FilePart): Promise<string> {
  if (!URL.canParse(url)) throw badUpload("gave no address to upload to");
  const size = part.end - part.start;
  const attempt = () => upload(url, { source: { file, ...part }, size, signal });
  const { etag } = await retrying(attempt, { url, retry: connection.retry, signal: () => signal });
  return String(etag ?? "");
}

function badUpload(problem: string): BesedaError {
  return new BesedaError(`Yandex AI Studio ${problem}.`, {
    code: "bad-response",
    hint: "Try again; tell its support if it stays so.",
  });
}
