// What a tape of the wire holds: requests and replies of HTTP as plain data, without their secrets.
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { secretsIn } from "../../http/mask-secrets.ts";
import type { JsonValue } from "../../message.ts";
import { scrubJson, scrubText } from "../../tape/scrub.ts";

/** What tells a request from others. Headers do not: they hold keys, versions and dates. `path` has its query. */
export type WireRequest = { method: string; path: string; body?: JsonValue };

export type WireReply = {
  status: number;
  headers: Record<string, string>;
  /** One for each piece in which the body arrived. */
  chunks: WireChunk[];
  /** The connection broke, or the client left, before the end. */
  isCut?: true;
};

/** `at` is in milliseconds since the request; `base64` stands in place of `text` for bytes that are no UTF-8 by themselves. */
export type WireChunk = { at: number } & ({ text: string } | { base64: string });

export type ArrivedPiece = { at: number; bytes: Buffer };

/** Dummy keys of local servers are words like `ollama`, which stand in the texts too. */
const shortestSecret = 8;

export function secretsOf({ headers }: IncomingMessage): string[] {
  return secretsIn(plainHeaders(headers)).filter(({ length }) => length >= shortestSecret);
}

export function keptRequest(incoming: IncomingMessage, body: Buffer): WireRequest {
  const { method = "GET", url = "/" } = incoming;
  const secrets = secretsOf(incoming);
  return {
    method,
    path: scrubText(url, secrets),
    ...(body.length > 0 && { body: scrubJson(toJson(body), secrets) }),
  };
}

export function keptHeaders(headers: IncomingHttpHeaders, secrets: readonly string[]): Record<string, string> {
  const kept = Object.entries(plainHeaders(headers)).filter(([name]) => !notKept.has(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, scrubText(value, secrets)]));
}

/** Of the connection, not of the reply; or a secret; or another one each time. */
const notKept = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "content-length",
  "set-cookie",
  "date",
  "alt-svc",
]);

/** Looked at as a whole, since a secret may lie across a cut; the cuts stay where they were. */
export function keptChunks(pieces: readonly ArrivedPiece[], secrets: readonly string[]): WireChunk[] {
  const whole = Buffer.concat(pieces.map(({ bytes }) => bytes)).toString("latin1");
  const scrubbed = Buffer.from(scrubText(whole, secrets), "latin1");
  let end = 0;
  return pieces.map(({ at, bytes }) => {
    end += bytes.length;
    return { at, ...toText(scrubbed.subarray(end - bytes.length, end)) };
  });
}

export function bytesOf(chunk: WireChunk): Buffer {
  return "text" in chunk ? Buffer.from(chunk.text) : Buffer.from(chunk.base64, "base64");
}

function toText(bytes: Buffer): { text: string } | { base64: string } {
  const text = bytes.toString();
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
}

function toJson(body: Buffer): JsonValue {
  try {
    return JSON.parse(body.toString());
  } catch {
    return toText(body);
  }
}

export function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ""].flat().join(", ")]));
}
