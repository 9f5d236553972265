// The token that a virtual machine of the cloud gives to the programs on it.
import { BesedaError } from "@beseda/core";
import type { RetriedRequest } from "@beseda/core/http";
import { fetchingToken } from "./fetching-token.ts";
import type { IssuedToken } from "./renewed-token.ts";

/** The metadata server is on the same machine, or nowhere: then nothing answers, and nobody should wait for long. */
const patienceMs = 3_000;

/** @param origin the endpoint `metadata` */
export async function metadataToken(
  origin: string,
  { retry, signal }: Pick<RetriedRequest, "retry" | "signal">,
): Promise<IssuedToken> {
  const url = `${origin}/computeMetadata/v1/instance/service-accounts/default/token`;
  const headers = { "metadata-flavor": "Google" };
  try {
    return await fetchingToken(patienceMs, { url, headers, retry, signal }, tokenIn);
  } catch (error) {
    throw error instanceof BesedaError ? explained(error, origin) : error;
  }
}

function tokenIn(body: unknown): IssuedToken {
  const { access_token: token, expires_in: seconds } = (body ?? {}) as Record<string, unknown>;
  if (typeof token === "string" && token !== "") return { token, expiresAt: Date.now() + Number(seconds) * 1000 };
  throw new BesedaError("The metadata server answered without a token.", { code: "bad-response" });
}

function explained(error: BesedaError, origin: string): BesedaError {
  const elsewhere = "Elsewhere use apiKey (YC_API_KEY) or serviceAccountKey (YC_SERVICE_ACCOUNT_KEY_FILE).";
  if (error.status === undefined || error.code === "bad-response") {
    return error.with({
      message: `The metadata server ${origin} gave no token: ${error.message}`,
      hint: `vmMetadata works on a virtual machine of Yandex Cloud. ${elsewhere}`,
    });
  }
  return error.with({
    message: `The metadata server gave no token: ${error.message}`,
    hint: `Is a service account linked to this virtual machine? ${elsewhere}`,
  });
}
