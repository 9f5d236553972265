// The bytes of a dataset to the address that the service names: in one piece, or in several.
import { BesedaError } from "@beseda/core";
import { retrying, upload } from "@beseda/core/http";
import type { YandexConnection } from "../connection.ts";
import { callDatasets } from "./dataset.ts";

export type FilePart = { start: number; end: number };

/** More than this goes up in several parts, each about as large: what the official SDK does. */
export const chunkBytes = 100 * 1024 * 1024;
const mostParts = 10_000;

/**
 * Pure: as many parts as whole chunks fit, all of the same size but the last. One part is a single upload.
 * Limits of the service: 5 MB to 5 GB a part, 10,000 parts.
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
  signal?: AbortSignal | undefined;
  /** After each part. */
  onProgress?: ((sentBytes: number) => void) | undefined;
  chunk?: number | undefined;
};

/** An address that has expired is asked for once more, and then all of it goes up again. */
export async function uploadFile(sent: FileUpload): Promise<void> {
  const parts = planUpload(sent.size, sent.chunk);
  const once = () => (sent.size <= (sent.chunk ?? chunkBytes) ? uploadWhole(sent) : uploadParts(sent, parts));
  try {
    await once();
  } catch (error) {
    if (!hasExpired(error)) throw error;
    await once();
  }
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
    throw new BesedaError(`Yandex AI Studio gave ${urls.length} addresses for ${parts.length} parts.`, {
      code: "bad-response",
      hint: "Try again; tell its support if it stays so.",
    });
  }
  const uploadedParts: { partNum: number; etag: string }[] = [];
  for (const [index, part] of parts.entries()) {
    const etag = await put(sent, urls[index] ?? "", part);
    uploadedParts.push({ partNum: index + 1, etag });
    onProgress?.(part.end);
  }
  const finish = { datasetId, uploadedParts };
  await callDatasets(connection, "FinishMultipartUploadDraft", finish, { kind: "write", signal });
}

/** The same bytes at the same address are the same upload: a broken one is sent again. */
async function put({ connection, file, signal }: FileUpload, url: string, part: FilePart): Promise<string> {
  const size = part.end - part.start;
  const attempt = () => upload(url, { source: { file, ...part }, size, signal });
  const { etag } = await retrying(attempt, { url, retry: connection.retry, signal: () => signal });
  return String(etag ?? "");
}
