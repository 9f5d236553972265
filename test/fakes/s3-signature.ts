// AWS Signature Version 4 as a server checks it, written from its specification.
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export type Key = { accessKeyId: string; secretAccessKey: string; region: string };

export type Refusal = { status: number; code: string };

/** Why the request is refused; nothing where its signature is right and covers all that it has to. */
export function signatureProblem(request: IncomingMessage, body: Buffer, key: Key, now: number): Refusal | undefined {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, id, day, region, signedHeaders, signature] = form.exec(request.headers.authorization ?? "") ?? [];
  if (!id || !day || !region || !signedHeaders || !signature) return { status: 403, code: "AccessDenied" };
  if (id !== key.accessKeyId) return { status: 403, code: "InvalidAccessKeyId" };
  if (region !== key.region) return { status: 400, code: "AuthorizationHeaderMalformed" };
  const time = String(request.headers["x-amz-date"]);
  if (!time.startsWith(day) || Math.abs(millisecondsOf(time) - now) > 15 * 60_000) {
    return { status: 403, code: "RequestTimeTooSkewed" };
  }
  const names = signedHeaders.split(";");
  const must = Object.keys(request.headers).filter((name) => name.startsWith("x-amz-") || name === "content-md5");
  if (["host", ...must].some((name) => !names.includes(name))) return { status: 403, code: "AccessDenied" };
  const told = String(request.headers["x-amz-content-sha256"]);
  if (told !== sha256(body)) return { status: 400, code: "XAmzContentSHA256Mismatch" };
  const canonical = canonicalRequest(request, names, told);
  const scope = `${day}/${region}/s3/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const steps = [day, region, "s3", "aws4_request", text];
  const right = steps.reduce<string | Buffer>((secret, step) => hmac(secret, step), `AWS4${key.secretAccessKey}`);
  if (timingSafeEqual(Buffer.from(right), Buffer.from(signature, "hex"))) return undefined;
  return { status: 403, code: "SignatureDoesNotMatch" };
}

function canonicalRequest(request: IncomingMessage, names: readonly string[], bodyHash: string): string {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://host");
  const pairs = [...searchParams].map((pair) => pair.map(encoded).join("="));
  const headers = names.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, " ")}\n`);
  const path = decodeURIComponent(pathname).split("/").map(encoded).join("/");
  return [request.method, path, pairs.sort().join("&"), headers.join(""), names.join(";"), bodyHash].join("\n");
}

/** All but the unreserved characters of RFC 3986. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);
}

function millisecondsOf(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function sha256(bytes: string | Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function hmac(secret: string | Buffer, text: string): Buffer {
  return createHmac("sha256", secret).update(text).digest();
}
