// The object storage beside the service: objects that are put and fetched by presigned addresses, and by nothing else.
import { createHash, randomBytes } from "node:crypto";
import { Refusal } from "./refusal.ts";

/** What an address allows: one method on one object, or one part of it, until it expires. */
export type Grant = {
  method: "GET" | "PUT";
  /** `<bucket>/<name>` */
  key: string;
  /** Signed with the address: the only length that can be put. */
  size?: number;
  /** Where it is a part of an upload. */
  part?: { upload: string; number: number };
  /** On the clock of the fake. */
  expiresAt: number;
};

type Part = { bytes: Buffer; etag: string };

const day = 86_400_000;

/** Shared by the routes that serve it and the services that hand out its addresses. */
export class FakeStorage {
  /** Bytes: all parts of an upload but the last have to be as large. The service wants 5 MB; tests need not. */
  leastPartBytes = 5_000_000;
  readonly #objects = new Map<string, Buffer>();
  readonly #uploads = new Map<string, { key: string; parts: Map<number, Part> }>();
  readonly #grants = new Map<string, Grant>();
  readonly #clock: { now(): number };
  /** Of the server that serves the routes. */
  #origin = "";

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  servedAt(origin: string): void {
    this.#origin = origin;
  }

  object(key: string): Buffer | undefined {
    return this.#objects.get(key);
  }

  write(key: string, bytes: Buffer): void {
    this.#objects.set(key, bytes);
  }

  remove(key: string): void {
    this.#objects.delete(key);
  }

  /** @returns the address, good for a day */
  presign(grant: Omit<Grant, "expiresAt">): string {
    const now = this.#clock.now();
    const signature = randomBytes(32).toString("hex");
    this.#grants.set(signature, { ...grant, expiresAt: now + day });
    const url = new URL(`${this.#origin}/${grant.key}`);
    const query = {
      ...(grant.part && { partNumber: String(grant.part.number), uploadId: grant.part.upload }),
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": `fake/${dateText(now).slice(0, 8)}/ru-central1/s3/aws4_request`,
      "X-Amz-Date": dateText(now),
      "X-Amz-Expires": String(day / 1000),
      "X-Amz-SignedHeaders": grant.size === undefined ? "host" : "content-length;host",
      "X-Amz-Signature": signature,
    };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Every address that was handed out so far is too old from now on. */
  expireAddresses(): void {
    for (const grant of this.#grants.values()) grant.expiresAt = Number.NEGATIVE_INFINITY;
  }

  /** Undefined for an address that was never handed out, or was changed since. */
  grantFor(method: string, key: string, query: URLSearchParams): (Grant & { hasExpired: boolean }) | undefined {
    const grant = this.#grants.get(query.get("X-Amz-Signature") ?? "");
    const [number, upload] = [grant?.part?.number.toString() ?? null, grant?.part?.upload ?? null];
    if (!grant || grant.method !== method || grant.key !== key) return undefined;
    if (query.get("partNumber") !== number || query.get("uploadId") !== upload) return undefined;
    return { ...grant, hasExpired: grant.expiresAt <= this.#clock.now() };
  }

  /** @returns the ETag, in quotes */
  put({ key, part }: Grant, bytes: Buffer): string {
    const etag = `"${createHash("md5").update(bytes).digest("hex")}"`;
    if (part) this.#uploads.get(part.upload)?.parts.set(part.number, { bytes, etag });
    else this.write(key, bytes);
    return etag;
  }

  beginUpload(key: string): string {
    const upload = randomBytes(12).toString("hex");
    this.#uploads.set(upload, { key, parts: new Map() });
    return upload;
  }

  /**
   * Puts the parts together.
   *
   * @throws Refusal 400 for parts that are missing, out of order, too small, or have another ETag
   */
  finishUpload(upload: string, named: readonly { number: number; etag: string }[]): void {
    const { key, parts } = this.#uploads.get(upload) ?? { key: "", parts: new Map<number, Part>() };
    const chosen = named.map(({ number, etag }, index) => {
      if (number !== index + 1)
        throw new Refusal(3, `InvalidPartOrder: part ${number} is in the place of ${index + 1}`);
      const part = parts.get(number);
      if (part?.etag !== etag && part?.etag !== `"${etag}"`) {
        throw new Refusal(3, `InvalidPart: part ${number} was not found, or its ETag does not match`);
      }
      return part.bytes;
    });
    if (chosen.length === 0 || chosen.length < parts.size) throw new Refusal(3, "InvalidPart: not all parts are named");
    const small = chosen.findIndex((bytes, at) => at < chosen.length - 1 && bytes.length < this.leastPartBytes);
    if (small !== -1) throw new Refusal(3, `EntityTooSmall: part ${small + 1} is below ${this.leastPartBytes} bytes`);
    this.#uploads.delete(upload);
    this.write(key, Buffer.concat(chosen));
  }
}

/** `20260115T100000Z` */
function dateText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}
