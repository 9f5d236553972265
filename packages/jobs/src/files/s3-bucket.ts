// A bucket of an S3-compatible store: signed requests, sent again where the store was away, and errors that say what to do.
import { createHash } from "node:crypto";
import { BesedaError } from "@beseda/core";
import { backOffMs, type StoreReply, type StoreRequest, storeRequest, waited } from "@beseda/core/http";
import { AwsV4Signer } from "aws4fetch";

export type S3Settings = {
  /** The origin of the service, such as `https://storage.yandexcloud.net`. The bucket is named in the path. */
  endpoint: string;
  bucket: string;
  region: string;
  accessKeyId: string;
  secretAccessKey: string;
};

export type BucketRequest = {
  method: StoreRequest["method"];
  /** Of the object; the bucket itself, unless given. */
  key?: string;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array;
};

export type Bucket = (request: BucketRequest) => Promise<StoreReply>;

/** With pauses between them of half a second to eight. */
const mostAttempts = 6;

/**
 * A request may be carried out more than once: it is sent again when its answer was lost.
 * @throws BesedaError `invalid-argument` for settings that cannot be right
 */
export function openBucket(settings: S3Settings): Bucket {
  const { bucket, region, accessKeyId, secretAccessKey } = checked(settings);
  const root = `${new URL(settings.endpoint).origin}/${bucket}`;
  // The keys that are derived for each day.
  const cache = new Map<string, ArrayBuffer>();

  async function send({ method, key, query, headers, body }: BucketRequest): Promise<StoreReply> {
    const url = new URL(key === undefined ? root : `${root}/${key}`);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const sha256 = createHash("sha256").update(body ?? "");
    const signer = new AwsV4Signer({
      method,
      url: url.href,
      headers: { ...headers, "x-amz-content-sha256": sha256.digest("hex") },
      accessKeyId,
      secretAccessKey,
      service: "s3",
      region,
      cache,
    });
    const signed = await signer.sign();
    return storeRequest(url.href, { method, headers: Object.fromEntries(signed.headers), body });
  }

  return async (request) => {
    for (let failures = 1; ; failures++) {
      try {
        return await send(request);
      } catch (error) {
        if (!(error instanceof BesedaError)) throw error;
        if (!error.isRetryable || failures >= mostAttempts) throw withHint(error, bucket);
        await waited(error.retryAfterMs ?? backOffMs(failures - 1, Math.random()), undefined);
      }
    }
  };
}

/** The store's status, where it answered. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof BesedaError ? error.status : undefined;
}

/** The texts of the elements of this name, in order. */
export function elementsOf(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, "g"))].map(([, text = ""]) => decoded(text));
}

function decoded(text: string): string {
  const named: Record<string, string> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };
  return text.replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal, hexadecimal, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    return hexadecimal ? String.fromCodePoint(Number.parseInt(hexadecimal, 16)) : (named[name] ?? whole);
  });
}

function checked(settings: S3Settings): S3Settings {
  const { endpoint, bucket } = settings;
  if (!/^https?:\/\//.test(endpoint) || !URL.canParse(endpoint)) {
    throw new BesedaError("The endpoint of the S3 storage is no address.", {
      code: "invalid-argument",
      hint: "Give its origin, such as https://storage.yandexcloud.net.",
    });
  }
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) return settings;
  throw new BesedaError(`"${bucket.slice(0, 100)}" is no name of a bucket.`, {
    code: "invalid-argument",
    hint: "Its name has 3 to 63 small letters, digits, dots and hyphens.",
  });
}

function withHint(error: BesedaError, bucket: string): BesedaError {
  const hints: Partial<Record<BesedaError["code"], string>> = {
    unauthorized: `Check accessKeyId, secretAccessKey and region, the clock of this machine, and what the key may do in ${bucket}.`,
    "not-found": `Is there a bucket ${bucket} at this endpoint?`,
    "bad-response": "Check the endpoint and the region of the bucket.",
    unavailable: "The storage is away: nothing is lost, try again later.",
  };
  return error.with({ hint: hints[error.code] ?? error.hint });
}
