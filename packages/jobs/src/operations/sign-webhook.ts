// Signatures of webhooks as Standard Webhooks says: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac } from "node:crypto";
import { BesedaError } from "@beseda/core";

/** `secret` is a text, or base64 after `whsec_`. Receivers check it with any library for Standard Webhooks. */
export function signedHeaders(
  { id, body, now }: { id: string; body: string; now: Date },
  secret: string,
): Record<string, string> {
  const timestamp = String(Math.floor(now.getTime() / 1_000));
  const signature = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

const prefix = "whsec_";
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @throws BesedaError `invalid-argument` for one that anybody could sign with */
export function requireSecret(secret: string): void {
  const isPlain = !secret.startsWith(prefix);
  if (isPlain ? secret !== "" : base64.test(secret.slice(prefix.length)) && secret !== prefix) return;
  throw new BesedaError(isPlain ? "The webhookSecret is empty." : `The webhookSecret has no base64 after ${prefix}.`, {
    code: "invalid-argument",
    hint: `Take a secret text, or ${prefix} and the base64 of some 32 random bytes.`,
  });
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), "base64") : Buffer.from(secret, "utf8");
}
