// JobFiles in a bucket of S3 or of what speaks its language: for workers on many machines.
import { createHash, randomUUID } from "node:crypto";
import { BesedaError, type JobFiles } from "@beseda/core";
import { requireFileName, requireFilePrefix } from "./file-name.ts";
import { type Bucket, elementsOf, openBucket, type S3Settings, statusOf } from "./s3-bucket.ts";

export type S3FilesOptions = S3Settings & {
  /** Before all names, such as `beseda/jobs`. Default: none. */
  prefix?: string | undefined;
};

/** A larger file is sent in parts of this size, one after another; reads are in pieces of it. At most 10,000 parts: 168 GB. */
const partSize = 16 * 1024 * 1024;
const mostParts = 10_000;
const pieceSize = 8 * 1024 * 1024;
/** Which writer an object is of: by it a put whose answer was lost is told from one that came too late. */
const writerHeader = "x-amz-meta-beseda-writer";

/**
 * The store has to know conditional writes (`If-None-Match: *`), as S3, Yandex Object Storage, MinIO and R2 do: one that does
 * not is refused with the first `put`. Requests: 1 to put a file of up to 16 MB, and 2 more and 1 for each 16 MB of a larger
 * one; 1 for each 8 MB to get; 1 for each 1,000 names to list, and as many again to delete. Each is tried up to 6 times.
 * Let the bucket drop uploads that were left in the middle after a day: that is a rule of its life cycle.
 * @throws BesedaError from every call: `invalid-argument` for a name that is none, `unauthorized`, `not-found` for a bucket
 * that is not there, `unavailable`, `unsupported` for a store without conditional writes
 */
export function s3Files({ prefix = "", ...settings }: S3FilesOptions): JobFiles {
  const bucket = openBucket(settings);
  const root = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  requireFilePrefix(root);
  let isChecked = false;

  return {
    async put(name, bytes) {
      requireFileName(name);
      const key = root + name;
      const parts = partsOf(bytes);
      const first = await parts.next();
      const second = first.done ? first : await parts.next();
      if (!isChecked) await checkConditions(bucket, root);
      isChecked = true;
      if (second.done) return putWhole(bucket, key, first.done ? Buffer.alloc(0) : first.value);
      return putInParts(bucket, key, chained([first.value ?? Buffer.alloc(0), second.value], parts));
    },

    async *get(name) {
      requireFileName(name);
      for (let at = 0, size = 1; at < size; ) {
        const range = { range: `bytes=${at}-${at + pieceSize - 1}` };
        const reply = await bucket({ method: "GET", key: root + name, headers: range }).catch((error: unknown) => {
          if (statusOf(error) === 404 && !isBucketMissing(error)) throw noFile(name);
          // No byte of an empty object is in any range.
          if (statusOf(error) === 416 && at === 0) return undefined;
          throw error;
        });
        if (!reply) return;
        size = totalOf(reply.headers["content-range"], reply.body.length);
        at += reply.body.length;
        yield reply.body;
      }
    },

    async list(start) {
      requireFilePrefix(start);
      const names: string[] = [];
      for await (const keys of keysIn(bucket, root + start)) names.push(...keys.map((key) => key.slice(root.length)));
      return names.sort();
    },

    async delete(start) {
      requireFilePrefix(start);
      for await (const keys of keysIn(bucket, root + start)) await deleteAll(bucket, keys);
    },
  };
}

/**
 * | variable | |
 * |---|---|
 * | `BESEDA_S3_BUCKET` | the bucket |
 * | `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL` | the origin of the service; without them that of Amazon in the region |
 * | `AWS_REGION` | the region |
 * | `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` | the key |
 * | `BESEDA_S3_PREFIX` | before all names |
 *
 * Settings that are passed win.
 * @throws BesedaError `missing-setting`
 */
export function s3FilesFromEnv(settings: Partial<S3FilesOptions> = {}): JobFiles {
  const { env } = process;
  const region = settings.region ?? required(env, "AWS_REGION");
  const origin = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || `https://s3.${region}.amazonaws.com`;
  return s3Files({
    endpoint: settings.endpoint ?? origin,
    bucket: settings.bucket ?? required(env, "BESEDA_S3_BUCKET"),
    region,
    accessKeyId: settings.accessKeyId ?? required(env, "AWS_ACCESS_KEY_ID"),
    secretAccessKey: settings.secretAccessKey ?? required(env, "AWS_SECRET_ACCESS_KEY"),
    prefix: settings.prefix ?? env.BESEDA_S3_PREFIX,
  });
}

/** The bytes in parts of one size; of the last one there may be less. */
async function* partsOf(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    // Whoever gives it may use it again.
    pieces.push(Buffer.from(piece));
    size += piece.length;
    while (size >= partSize) {
      const all = Buffer.concat(pieces);
      yield all.subarray(0, partSize);
      pieces = [all.subarray(partSize)];
      size -= partSize;
    }
  }
  if (size > 0) yield Buffer.concat(pieces);
}

async function* chained(first: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* first;
  yield* rest;
}

async function putWhole(bucket: Bucket, key: string, body: Uint8Array): Promise<boolean> {
  const writer = randomUUID();
  const headers = { "if-none-match": "*", [writerHeader]: writer };
  return hasWon(bucket, { key, writer }, () => bucket({ method: "PUT", key, headers, body }));
}

async function putInParts(bucket: Bucket, key: string, parts: AsyncIterable<Buffer>): Promise<boolean> {
  const writer = randomUUID();
  const begun = await bucket({ method: "POST", key, query: { uploads: "" }, headers: { [writerHeader]: writer } });
  const [uploadId] = elementsOf(begun.body.toString(), "UploadId");
  if (!uploadId) throw strange("an upload without an id");
  try {
    const tags: string[] = [];
    for await (const body of parts) {
      if (tags.length === mostParts) throw tooLarge(key);
      const query = { partNumber: `${tags.length + 1}`, uploadId };
      const { headers } = await bucket({ method: "PUT", key, query, body });
      tags.push(String(headers.etag));
    }
    const list = tags.map((tag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
    const body = Buffer.from(`<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`);
    const request = { method: "POST", key, query: { uploadId }, headers: { "if-none-match": "*" }, body } as const;
    const won = await hasWon(bucket, { key, writer }, async () => {
      const reply = (await bucket(request)).body.toString();
      // It may fail after it has answered 200.
      if (reply.includes("<Error>")) throw strange(elementsOf(reply, "Code").join());
    });
    if (!won) await dropUpload(bucket, key, uploadId);
    return won;
  } catch (error) {
    await dropUpload(bucket, key, uploadId);
    throw error;
  }
}

/** What is left of it is dropped by the rule of the bucket, at the latest. */
async function dropUpload(bucket: Bucket, key: string, uploadId: string): Promise<void> {
  await bucket({ method: "DELETE", key, query: { uploadId } }).catch(() => {});
}

/**
 * 412: there is an object already, perhaps our own, from an attempt whose answer was lost; then 404 says that its upload
 * is over. 409: somebody writes it right now.
 */
async function hasWon(
  bucket: Bucket,
  ours: { key: string; writer: string },
  write: () => Promise<unknown>,
): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (![404, 409, 412].includes(statusOf(error) ?? 0)) throw error;
    const found = await bucket({ method: "HEAD", key: ours.key }).catch(() => undefined);
    if (!found) throw error;
    return found.headers[writerHeader] === ours.writer;
  }
}

/** A store that does not know the condition would take the second write as well. */
async function checkConditions(bucket: Bucket, root: string): Promise<void> {
  const put = () => bucket({ method: "PUT", key: `${root}.conditional-writes`, headers: { "if-none-match": "*" } });
  for (const attempt of [put, put]) {
    try {
      await attempt();
    } catch (error) {
      if (statusOf(error) === 412) return;
      throw error;
    }
  }
  throw new BesedaError("This S3 storage overwrites objects although it was told not to (If-None-Match: *).", {
    code: "unsupported",
    hint: "Use one that knows conditional writes, such as S3, Yandex Object Storage, MinIO or R2; or a shared directory.",
  });
}

/** A page of up to 1,000 keys at a time. Each page is asked for when the one before is done with. */
async function* keysIn(bucket: Bucket, prefix: string): AsyncGenerator<string[]> {
  for (let next: string | undefined; ; ) {
    const query = { "list-type": "2", prefix, ...(next !== undefined && { "continuation-token": next }) };
    const xml = (await bucket({ method: "GET", query })).body.toString();
    // The mark of the check is no file.
    yield elementsOf(xml, "Key").filter(
      (key) => !key.endsWith("/.conditional-writes") && key !== ".conditional-writes",
    );
    if (elementsOf(xml, "IsTruncated")[0] !== "true") return;
    next = elementsOf(xml, "NextContinuationToken")[0];
    if (next === undefined) throw strange("a list without its continuation");
  }
}

async function deleteAll(bucket: Bucket, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const objects = keys.map((key) => `<Object><Key>${key}</Key></Object>`).join("");
  const body = Buffer.from(`<Delete><Quiet>true</Quiet>${objects}</Delete>`);
  const headers = { "content-md5": createHash("md5").update(body).digest("base64") };
  const reply = (await bucket({ method: "POST", query: { delete: "" }, headers, body })).body.toString();
  if (reply.includes("<Error>")) throw strange(`${elementsOf(reply, "Code")[0]} while deleting`);
}

/** `bytes 0-99/1234` */
function totalOf(range: string | string[] | undefined, length: number): number {
  const total = Number(String(range).split("/")[1]);
  return Number.isSafeInteger(total) ? total : length;
}

function isBucketMissing(error: unknown): boolean {
  return error instanceof BesedaError && error.message.includes("NoSuchBucket");
}

function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new BesedaError(`The environment does not say where the files of jobs are: ${name} is not set.`, {
    code: "missing-setting",
    hint: "Set BESEDA_S3_BUCKET, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and AWS_ENDPOINT_URL_S3 for another service than Amazon's.",
  });
}

function noFile(name: string): BesedaError {
  return new BesedaError(`There is no file ${name}.`, {
    code: "not-found",
    hint: "Check the name; what belongs to a job goes when the job is deleted.",
  });
}

function tooLarge(key: string): BesedaError {
  return new BesedaError(`The file ${key} is larger than ${Math.floor((mostParts * partSize) / 1e9)} GB.`, {
    code: "too-large",
    hint: "Write it as several files.",
  });
}

function strange(what: string): BesedaError {
  return new BesedaError(`The S3 storage answered with ${what}.`, {
    code: "unavailable",
    hint: "Try again; if it happens again, it is no storage that speaks the language of S3.",
    isRetryable: true,
  });
}
