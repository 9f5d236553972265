// From what the user gives to who we are: checked before the first request.
import { BesedaError } from "@beseda/core";
import type { RetryPolicy } from "@beseda/core/http";
import type { YandexEndpoints } from "../endpoints.ts";
import { type Credentials, fixedCredentials } from "./credentials.ts";
import { metadataToken } from "./metadata-token.ts";
import { renewedCredentials } from "./renewed-token.ts";
import { exchangedToken, type ServiceAccountKey, toSigningKey } from "./service-account-key.ts";

/** One of them. An empty text is none. */
export type CredentialSettings = {
  /** Of a service account, such as `AQVN…`. */
  apiKey?: string | undefined;
  /** Such as `t1.…`. Lives 12 hours at most, and is not renewed: for programs that end sooner. */
  iamToken?: string | undefined;
  /** The path of the key file of a service account, or what is in it: its tokens are fetched and renewed by themselves. */
  serviceAccountKey?: string | ServiceAccountKey | undefined;
  /** The service account of the virtual machine of Yandex Cloud that this runs on. */
  vmMetadata?: boolean | undefined;
};

export function hasCredentials({ apiKey, iamToken, serviceAccountKey, vmMetadata }: CredentialSettings): boolean {
  return [apiKey, iamToken, serviceAccountKey, vmMetadata].some(Boolean);
}

/** @throws BesedaError `missing-setting` where there is none, `invalid-argument` for two of them and for what can be none */
export function toCredentials(
  settings: CredentialSettings,
  { iam, metadata }: YandexEndpoints,
  retry: RetryPolicy | undefined,
): Credentials {
  const { apiKey, iamToken, serviceAccountKey, vmMetadata } = settings;
  const given = Object.entries({ apiKey, iamToken, serviceAccountKey, vmMetadata }).filter(([, value]) => value);
  if (given.length > 1) {
    throw new BesedaError(`Several credentials are given: ${given.map(([name]) => name).join(", ")}.`, {
      code: "invalid-argument",
      hint: "Pass one of them.",
    });
  }
  if (apiKey) return fixedCredentials(`Api-Key ${checkedKey(apiKey)}`);
  if (iamToken) return fixedCredentials(`Bearer ${checkedToken(iamToken)}`);
  if (serviceAccountKey) {
    const key = toSigningKey(serviceAccountKey);
    return renewedCredentials((signal) => exchangedToken(key, iam, { retry, signal }));
  }
  if (vmMetadata) return renewedCredentials((signal) => metadataToken(metadata, { retry, signal }));
  throw new BesedaError("No credentials for Yandex AI Studio are given.", {
    code: "missing-setting",
    hint: "Pass apiKey, serviceAccountKey, iamToken or vmMetadata, or use yandexFromEnv() with YC_API_KEY.",
  });
}

function checkedKey(given: string): string {
  const key = printable(given, "apiKey");
  if (!key.startsWith("t1.")) return key;
  throw new BesedaError("What was given as apiKey is an IAM token.", {
    code: "invalid-argument",
    hint: "Pass it as iamToken (YC_IAM_TOKEN).",
  });
}

function checkedToken(given: string): string {
  const token = printable(given, "iamToken");
  if (!token.startsWith("AQVN")) return token;
  throw new BesedaError("What was given as iamToken is an API key.", {
    code: "invalid-argument",
    hint: "Pass it as apiKey (YC_API_KEY).",
  });
}

/** Keys come out of files with a line end behind them. */
function printable(given: string, name: string): string {
  // What comes from a configuration can be of any type.
  const secret = typeof given === "string" ? given.trim() : "";
  if (/^[\x21-\x7e]+$/.test(secret)) return secret;
  throw new BesedaError(`The ${name} holds white space or letters that no key has.`, {
    code: "invalid-argument",
    hint: "Pass the secret alone, without a word before it and without quotes.",
  });
}
