// An S3 storage with one bucket, on a port of this machine. It refuses what S3 refuses: see the error codes.
import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Key, signatureProblem } from "./s3-signature.ts";

export type S3Server = {
  /** What `s3Files` takes. */
  settings: Key & { endpoint: string; bucket: string };
  /** What has come: such as `PUT a/b`, or `POST ?delete`. */
  ledger: string[];
  objects: Map<string, S3Object>;
  /** Uploads in parts that were begun and neither completed nor dropped. */
  uploads: ReadonlyMap<string, unknown>;
  /** What happens to the next requests, one each. */
  faults: Fault[];
  close(): Promise<void>;
};

/** A status in place of an answer; the connection cut before anything is done, or when all is done but the answer. */
export type Fault =
  | { status: number; code: string; headers?: Record<string, string> }
  | "cut-before"
  | "cut-after"
  | "none";

export type S3Object = { bytes: Buffer; etag: string; meta: Record<string, string> };

type Settings = { pageSize?: number; hasConditions?: boolean; now?: () => number };

type Upload = { key: string; meta: Record<string, string>; parts: Map<number, S3Object> };

type Asked = {
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: Buffer;
};

type Answer = { status: number; headers?: Record<string, string>; body?: string | Buffer };

const smallestPart = 5 * 1024 * 1024;

/** `pageSize`: how many keys a list gives at most. `hasConditions: false` is an old storage that overlooks If-None-Match. */
export async function startS3Server({
  pageSize = 1_000,
  hasConditions = true,
  now = Date.now,
}: Settings = {}): Promise<S3Server> {
  const key: Key = {
    accessKeyId: "AKIATESTTESTTEST",
    secretAccessKey: "secret/canary+0123456789",
    region: "ru-central1",
  };
  const bucket = "test-bucket";
  const objects = new Map<string, S3Object>();
  const uploads = new Map<string, Upload>();
  const ledger: string[] = [];
  const faults: Fault[] = [];

  function answerOf(method: string, asked: Asked): Answer {
    const { key, query } = asked;
    if (method === "GET") return key === "" ? list(asked) : get(asked);
    if (method === "HEAD") return head(asked);
    if (method === "PUT") return query.has("uploadId") ? putPart(asked) : put(asked);
    if (method === "POST" && query.has("delete")) return deleteMany(asked);
    if (method === "POST" && query.has("uploads")) return beginUpload(asked);
    if (method === "POST" && query.has("uploadId")) return completeUpload(asked);
    if (method === "DELETE" && query.has("uploadId")) return dropUpload(asked);
    return refusal(405, "MethodNotAllowed");
  }

  function head({ key }: Asked): Answer {
    const object = objects.get(key);
    return object ? { status: 200, headers: { ...object.meta, etag: object.etag } } : { status: 404 };
  }

  function dropUpload({ query }: Asked): Answer {
    return uploads.delete(query.get("uploadId") ?? "") ? { status: 204 } : refusal(404, "NoSuchUpload");
  }

  function put({ key, headers, body }: Asked): Answer {
    if (isTaken(key, headers)) return refusal(412, "PreconditionFailed");
    const object = { bytes: body, etag: etagOf(body), meta: metaOf(headers) };
    objects.set(key, object);
    return { status: 200, headers: { etag: object.etag } };
  }

  function isTaken(key: string, headers: Asked["headers"]): boolean {
    return hasConditions && headers["if-none-match"] === "*" && objects.has(key);
  }

  function get({ key, headers }: Asked): Answer {
    const object = objects.get(key);
    if (!object) return refusal(404, "NoSuchKey");
    const own = { ...object.meta, etag: object.etag };
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? "") ?? [];
    if (first === undefined) return { status: 200, headers: own, body: object.bytes };
    const size = object.bytes.length;
    if (Number(first) >= size) return refusal(416, "InvalidRange");
    const end = Math.min(Number(last), size - 1);
    const range = { "content-range": `bytes ${first}-${end}/${size}` };
    return { status: 206, headers: { ...own, ...range }, body: object.bytes.subarray(Number(first), end + 1) };
  }

  function list({ query }: Asked): Answer {
    if (query.get("list-type") !== "2") return refusal(400, "InvalidArgument");
    const after = Buffer.from(query.get("continuation-token") ?? "", "base64").toString();
    const prefix = query.get("prefix") ?? "";
    const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, pageSize);
    const isTruncated = keys.length > page.length;
    const token = isTruncated ? Buffer.from(page.at(-1) ?? "").toString("base64") : "";
    const contents = page.map(
      (key) => `<Contents><Key>${escaped(key)}</Key><Size>${objects.get(key)?.bytes.length}</Size></Contents>`,
    );
    const next = isTruncated ? `<NextContinuationToken>${escaped(token)}</NextContinuationToken>` : "";
    return xml(
      `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${contents.join("")}${next}</ListBucketResult>`,
    );
  }

  function deleteMany({ headers, body }: Asked): Answer {
    if (headers["content-md5"] === undefined) return refusal(400, "MissingContentMD5");
    if (headers["content-md5"] !== createHash("md5").update(body).digest("base64")) return refusal(400, "BadDigest");
    const keys = [...body.toString().matchAll(/<Object><Key>([^<]+)<\/Key><\/Object>/g)].map(([, key = ""]) => key);
    if (keys.length === 0 || keys.length > 1_000) return refusal(400, "MalformedXML");
    for (const key of keys) objects.delete(key);
    return xml("<DeleteResult></DeleteResult>");
  }

  function beginUpload({ key, headers }: Asked): Answer {
    const id = randomUUID();
    uploads.set(id, { key, meta: metaOf(headers), parts: new Map() });
    return xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
  }

  function putPart({ key, query, body }: Asked): Answer {
    const upload = uploads.get(query.get("uploadId") ?? "");
    if (!upload || upload.key !== key) return refusal(404, "NoSuchUpload");
    const number = Number(query.get("partNumber"));
    if (!Number.isInteger(number) || number < 1 || number > 10_000) return refusal(400, "InvalidArgument");
    upload.parts.set(number, { bytes: body, etag: etagOf(body), meta: {} });
    return { status: 200, headers: { etag: etagOf(body) } };
  }

  function completeUpload({ key, query, headers, body }: Asked): Answer {
    const id = query.get("uploadId") ?? "";
    const upload = uploads.get(id);
    if (!upload || upload.key !== key) return refusal(404, "NoSuchUpload");
    if (isTaken(key, headers)) return refusal(412, "PreconditionFailed");
    const form = /<Part><PartNumber>(\d+)<\/PartNumber><ETag>([^<]+)<\/ETag><\/Part>/g;
    const named = [...body.toString().matchAll(form)].map(([, number, etag]) => ({
      part: upload.parts.get(Number(number)),
      etag,
      number: Number(number),
    }));
    if (named.length === 0) return refusal(400, "MalformedXML");
    if (named.some(({ number }, index) => index > 0 && number <= (named[index - 1]?.number ?? 0)))
      return refusal(400, "InvalidPartOrder");
    if (named.some(({ part, etag }) => part?.etag !== etag)) return refusal(400, "InvalidPart");
    const pieces = named.map(({ part }) => part?.bytes ?? Buffer.alloc(0));
    if (pieces.slice(0, -1).some(({ length }) => length < smallestPart)) return refusal(400, "EntityTooSmall");
    const bytes = Buffer.concat(pieces);
    objects.set(key, { bytes, etag: `"${randomUUID()}-${pieces.length}"`, meta: upload.meta });
    uploads.delete(id);
    return xml("<CompleteMultipartUploadResult></CompleteMultipartUploadResult>");
  }

  function answerTo(request: IncomingMessage, body: Buffer): Answer {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://host");
    const [, bucketName, ...rest] = pathname.split("/");
    const object = decodeURIComponent(rest.join("/"));
    ledger.push(`${request.method} ${object}${searchParams.size > 0 ? `?${[...searchParams.keys()].join("&")}` : ""}`);
    const problem = signatureProblem(request, body, key, now());
    if (problem) return refusal(problem.status, problem.code);
    if (bucketName !== bucket) return refusal(404, "NoSuchBucket");
    const { method = "", headers } = request;
    if (["PUT", "POST"].includes(method) && headers["content-length"] === undefined) {
      return refusal(411, "MissingContentLength");
    }
    return answerOf(method, { key: object, query: searchParams, headers, body });
  }

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const fault = faults.shift() ?? "none";
    if (fault === "cut-before") return request.socket.destroy();
    const answer =
      typeof fault === "object"
        ? { ...refusal(fault.status, fault.code), headers: fault.headers ?? {} }
        : answerTo(request, Buffer.concat(chunks));
    if (fault === "cut-after") return request.socket.destroy();
    send(response, answer, request.method === "HEAD");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    settings: { ...key, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bucket },
    ledger,
    objects,
    uploads,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function send(response: ServerResponse, { status, headers = {}, body = "" }: Answer, isHead: boolean): void {
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) });
  response.end(isHead ? undefined : body);
}

/** As S3 tells it: with what was signed in it, which must not come out anywhere. */
function refusal(status: number, code: string): Answer {
  const rest = "<AWSAccessKeyId>AKIATESTTESTTEST</AWSAccessKeyId><SignatureProvided>canary</SignatureProvided>";
  return { status, body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message>${rest}</Error>` };
}

function xml(body: string): Answer {
  return { status: 200, headers: { "content-type": "application/xml" }, body: `<?xml version="1.0"?>${body}` };
}

function etagOf(bytes: Buffer): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

function metaOf(headers: Asked["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name.startsWith("x-amz-meta-") ? [[name, String(value)]] : [])),
  );
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
