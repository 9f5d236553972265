// Whom the fake lets in: API keys and IAM tokens, told apart as the service does it, and refused in its words.
import type { IncomingHttpHeaders } from "node:http";
import type { FakeAccount } from "./fake-route.ts";
import { Refusal } from "./refusal.ts";

/** Shared by the doors of one fake, REST and gRPC. Tests change it while the fake runs. */
export type FakeIdentities = {
  readonly account: FakeAccount;
  /** The authorized keys of the service account: by their id, the public half as PEM. */
  readonly publicKeys: Map<string, string>;
  /** IAM tokens that are valid: until when, on the clock of `Date.now()`, and whose they are. Clear it, and all of them are dead. */
  readonly tokens: Map<string, { expiresAt: number; owner: "service-account" | "user" }>;
  /** API keys that were valid once. */
  readonly expiredKeys: Set<string>;
  /** How long tokens live that are issued from now on. */
  tokenLifeMs: number;
  /** What becomes of the next requests for a token, one each: refused, or held until the promise resolves. */
  readonly nextTokens: (Refusal | Promise<void>)[];
  /** What a reply says of the end of its token, in milliseconds; its text is replaced, or left out where this gives undefined. */
  expiresAtText: (expiresAt: number) => string | undefined;
};

export function fakeIdentities(account: FakeAccount): FakeIdentities {
  return {
    account,
    publicKeys: new Map(),
    tokens: new Map(),
    expiredKeys: new Set(),
    tokenLifeMs: 12 * 3_600_000,
    nextTokens: [],
    expiresAtText: (expiresAt) => new Date(expiresAt).toISOString(),
  };
}

/**
 * An API key as `Api-Key`, at the OpenAI-compatible door and over gRPC as `Bearer` too; an IAM token as `Bearer`.
 * The token of a user needs the header `x-folder-id`; of a service account it has to be the account's folder.
 * The texts about IAM tokens are not verified.
 *
 * @throws Refusal 16 (401) or 3 (400)
 */
export function checkCredentials(
  headers: IncomingHttpHeaders,
  { account, tokens, expiredKeys }: FakeIdentities,
  door: "native" | "openai" | "grpc" = "native",
): void {
  const [, scheme, secret = ""] = /^(Api-Key|Bearer) (\S+)$/.exec(headers.authorization ?? "") ?? [];
  if (!scheme) throw new Refusal(16, "Unauthorized: an API key or an IAM token has to be passed");
  const folder = headers["x-folder-id"];
  const isToken = scheme === "Bearer" && (door === "native" || secret.startsWith("t1."));
  if (isToken) {
    const token = tokens.get(secret);
    if (!token) throw new Refusal(16, "The token is invalid");
    if (token.expiresAt <= Date.now()) throw new Refusal(16, "The token has expired");
    if (token.owner === "user") {
      if (folder === undefined) throw new Refusal(3, "Folder ID is not specified: x-folder-id is empty");
      if (folder !== account.folderId) throw new Refusal(7, "Permission denied");
      return;
    }
  } else {
    if (expiredKeys.has(secret)) throw new Refusal(16, "The apikey has expired");
    if (secret !== account.apiKey) throw new Refusal(16, "Unknown api key");
  }
  if (folder !== undefined && folder !== account.folderId) {
    throw new Refusal(
      3,
      `Specified folder ID '${folder}' does not match with service account folder ID '${account.folderId}'`,
    );
  }
}
