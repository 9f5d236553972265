// The key file of a service account: read, checked, and exchanged for a token with a JWT that it signs.
import { constants, createPrivateKey, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { BesedaError } from "@beseda/core";
import { maskSecrets, type RetriedRequest } from "@beseda/core/http";
import { fetchingToken } from "./fetching-token.ts";
import type { IssuedToken } from "./renewed-token.ts";

/** What `yc iam key create --output key.json` writes, as far as it is needed. */
export type ServiceAccountKey = {
  id: string;
  service_account_id: string;
  /** PEM. A line before it, such as the service writes, does not matter. */
  private_key: string;
};

export type SigningKey = { keyId: string; accountId: string; privateKey: KeyObject };

/**
 * @param given the path of the file, its text, or what is in it
 * @throws BesedaError `invalid-argument`; nothing of the key is in the text
 */
export function toSigningKey(given: string | ServiceAccountKey): SigningKey {
  const key: unknown = typeof given === "string" ? parsedKey(given.trim()) : given;
  const { id, service_account_id: accountId, private_key: pem, secret } = (key ?? {}) as Record<string, unknown>;
  if (typeof id !== "string" || typeof accountId !== "string" || typeof pem !== "string") {
    throw unusable(
      typeof secret === "string"
        ? "The service-account key is an API key: its secret has to be passed as apiKey."
        : "The service-account key lacks id, service_account_id or private_key.",
    );
  }
  return { keyId: id, accountId, privateKey: toPrivateKey(pem) };
}

/** Of a token that is fetched with the key from `origin`, the endpoint of IAM. Sent again where that may help. */
export async function exchangedToken(
  key: SigningKey,
  origin: string,
  { retry, signal }: Pick<RetriedRequest, "retry" | "signal">,
): Promise<IssuedToken> {
  const url = `${origin}/iam/v1/tokens`;
  const jwt = signedJwt(key, url, Date.now());
  try {
    return await fetchingToken(30_000, { url, body: JSON.stringify({ jwt }), retry, signal }, tokenIn);
  } catch (error) {
    throw error instanceof BesedaError ? maskSecrets(withHint(error), [jwt]) : error;
  }
}

/** JWT, PS256. It is dated back by five minutes, for clocks that are ahead, and ends within the hour that is allowed. */
export function signedJwt({ keyId, accountId, privateKey }: SigningKey, audience: string, now: number): string {
  const issued = Math.floor(now / 1000) - 300;
  const head = encoded({ typ: "JWT", alg: "PS256", kid: keyId });
  const claims = encoded({ iss: accountId, aud: audience, iat: issued, exp: issued + 3600 });
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const signature = sign("sha256", Buffer.from(`${head}.${claims}`), { key: privateKey, ...padding });
  return `${head}.${claims}.${signature.toString("base64url")}`;
}

function parsedKey(given: string): unknown {
  const text = textIn(given);
  try {
    return JSON.parse(text ?? readFileSync(given, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    if (text !== undefined) throw unusable("The service-account key is not JSON.");
    // Not what JSON.parse says: it quotes the file.
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : ": it is not JSON";
    throw unusable(
      `The service-account key cannot be read from ${looksLikePath(given) ? given : "what was given"}${code}.`,
    );
  }
}

/** Stores of secrets give such a file as its text, or as its text in base64. */
function textIn(given: string): string | undefined {
  if (/^[{[]/.test(given)) return given;
  const decoded = /^[\w+/=\s-]{100,}$/.test(given) ? Buffer.from(given, "base64").toString().trim() : "";
  return decoded.startsWith("{") ? decoded : undefined;
}

/** Else it may be a secret in the wrong place, which is not to be repeated. */
function looksLikePath(given: string): boolean {
  return given.length <= 200 && /[/\\.]/.test(given) && !/[\s"']|^(AQVN|t1\.|y0_)/.test(given);
}

function toPrivateKey(pem: string): KeyObject {
  const lines = pem.includes("\n") ? pem : pem.replaceAll("\\n", "\n");
  try {
    const key = createPrivateKey(lines.slice(Math.max(0, lines.indexOf("-----BEGIN"))));
    if (key.asymmetricKeyType === "rsa") return key;
  } catch {}
  throw unusable("The private_key of the service-account key is no RSA key in PEM.");
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

function tokenIn(body: unknown): IssuedToken {
  const { iamToken, expiresAt } = (body ?? {}) as Record<string, unknown>;
  if (typeof iamToken === "string" && iamToken !== "") {
    return { token: iamToken, expiresAt: typeof expiresAt === "string" ? Date.parse(expiresAt) : undefined };
  }
  throw new BesedaError("The token endpoint of IAM answered without a token.", {
    code: "bad-response",
    hint: "Check the endpoint iam (YC_IAM_ENDPOINT).",
  });
}

function withHint(error: BesedaError): BesedaError {
  const message = `No token could be had for the service account. ${error.message}`;
  if (error.code !== "unauthorized" && error.code !== "rejected" && error.code !== "not-found") {
    return error.with({ message });
  }
  return error.with({
    message,
    code: "unauthorized",
    hint: "Check that the authorized key still exists and that the clock of this machine is right; yc iam key create --output key.json makes a new one.",
  });
}

function unusable(message: string): BesedaError {
  return new BesedaError(message, {
    code: "invalid-argument",
    hint: "Pass the path of the file that yc iam key create --output key.json writes, or the JSON that is in it.",
  });
}
