// Where tokens come from: the token endpoint of IAM, which checks the signed JWT, and the metadata server of a virtual machine.
import { constants, randomUUID, verify } from "node:crypto";
import type { FakeIdentities } from "./credentials-check.ts";
import type { FakeCall, FakeRoute } from "./fake-route.ts";
import { Refusal } from "./refusal.ts";

/** The audience that clients name which know one address only. */
const realAudience = "https://iam.api.cloud.yandex.net/iam/v1/tokens";

export function authRoutes(identities: FakeIdentities): FakeRoute[] {
  return [
    {
      method: "POST",
      path: /^\/iam\/v1\/tokens$/,
      errors: "unary",
      isOpen: true,
      answer: async ({ body, headers }) => {
        const jwt = jwtIn(body);
        return newToken(identities, jwt, [realAudience, `http://${headers.host}/iam/v1/tokens`]);
      },
    },
    {
      method: "GET",
      path: /^\/computeMetadata\/v1\/instance\/service-accounts\/default\/token$/,
      errors: "unary",
      isOpen: true,
      answer: (call) => metadataToken(identities, call),
    },
  ];
}

/**
 * What `IamTokenService.Create` answers, over REST and gRPC.
 * @throws Refusal 16 for a JWT that was not signed by a key of the account, 3 for one that is none
 */
export async function newToken(
  identities: FakeIdentities,
  jwt: string,
  audiences: readonly string[],
): Promise<{ iamToken: string; expiresAt?: string }> {
  await nextOutcome(identities);
  checkJwt(jwt, identities, audiences);
  const { token, expiresAt } = issue(identities);
  const text = identities.expiresAtText(expiresAt);
  return { iamToken: token, ...(text !== undefined && { expiresAt: text }) };
}

async function metadataToken(identities: FakeIdentities, { headers }: FakeCall) {
  if (headers["metadata-flavor"] !== "Google") throw new Refusal(7, "Missing Metadata-Flavor:Google header");
  await nextOutcome(identities);
  const { token } = issue(identities);
  return { access_token: token, expires_in: Math.floor(identities.tokenLifeMs / 1000), token_type: "Bearer" };
}

async function nextOutcome({ nextTokens }: FakeIdentities): Promise<void> {
  const outcome = nextTokens.shift();
  if (outcome instanceof Refusal) throw outcome;
  await outcome;
}

function issue({ tokens, tokenLifeMs }: FakeIdentities): { token: string; expiresAt: number } {
  const token = `t1.${randomUUID().replaceAll("-", "")}`;
  const expiresAt = Date.now() + tokenLifeMs;
  tokens.set(token, { expiresAt, owner: "service-account" });
  return { token, expiresAt };
}

function jwtIn(body: unknown): string {
  const { jwt, ...unknown } = (body ?? {}) as Record<string, unknown>;
  const [field] = Object.keys(unknown);
  if (field !== undefined)
    throw new Refusal(3, `unknown field "${field}" in yandex.cloud.iam.v1.CreateIamTokenRequest`);
  if (typeof jwt !== "string" || jwt === "") throw new Refusal(3, "One of the options should be set: identity");
  return jwt;
}

function checkJwt(jwt: string, { account, publicKeys }: FakeIdentities, audiences: readonly string[]): void {
  const [head = "", claims = "", signature = "", ...more] = jwt.split(".");
  if (more.length > 0 || signature === "") throw new Refusal(3, "JWT is malformed");
  const { alg, typ, kid } = decoded(head);
  if (alg !== "PS256" || (typ !== undefined && typ !== "JWT")) throw new Refusal(3, "JWT has to be signed with PS256");
  const publicKey = publicKeys.get(String(kid));
  if (publicKey === undefined) throw new Refusal(16, `Key '${String(kid)}' is not found`);
  const key = { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  if (!verify("sha256", Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, "base64url"))) {
    throw new Refusal(16, "JWT has a wrong signature");
  }
  const { iss, aud, iat, exp } = decoded(claims);
  const seconds = Date.now() / 1000;
  if (iss !== account.serviceAccountId) throw new Refusal(16, "JWT was issued by another account");
  if (typeof aud !== "string" || !audiences.includes(aud)) throw new Refusal(16, "JWT is meant for another audience");
  if (!Number.isInteger(iat) || !Number.isInteger(exp)) throw new Refusal(3, "JWT lacks iat or exp");
  const [issued, expires] = [Number(iat), Number(exp)];
  if (expires <= issued || expires - issued > 3600) throw new Refusal(3, "JWT may live for an hour at most");
  if (issued > seconds + 1 || expires <= seconds) throw new Refusal(16, "JWT is not valid at this time");
}

function decoded(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString());
  } catch {
    throw new Refusal(3, "JWT is malformed");
  }
}
