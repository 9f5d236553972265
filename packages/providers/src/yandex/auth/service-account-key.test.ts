import { generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requestJson } from "@beseda/core/http";
import { afterEach, describe, expect, it } from "vitest";
import { fakeAccount } from "../../../../../test/fakes/yandex/fake-service.ts";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { exchangedToken, signedJwt, toSigningKey } from "./service-account-key.ts";

const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pem = pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const key = { id: "ajkey", service_account_id: fakeAccount.serviceAccountId, private_key: pem };

let server: YandexServer | undefined;

afterEach(async () => {
  await server?.close();
});

async function start(): Promise<string> {
  server = await startYandexServer();
  server.identities.publicKeys.set("ajkey", pair.publicKey.export({ type: "spki", format: "pem" }).toString());
  return server.origin;
}

describe("the key of a service account", () => {
  it("is read from its file, from its text and from what is in it, with and without the line before the PEM", () => {
    const folder = mkdtempSync(join(tmpdir(), "beseda-key-"));
    try {
      const path = join(folder, "key.json");
      writeFileSync(path, JSON.stringify({ ...key, created_at: "2026-01-01T00:00:00Z", key_algorithm: "RSA_2048" }));
      const withMark = join(folder, "marked.json");
      writeFileSync(withMark, `\uFEFF${JSON.stringify(key)}`);
      const line = "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <ajkey>\n";
      for (const given of [
        key,
        path,
        ` ${path}\n`,
        JSON.stringify(key),
        Buffer.from(JSON.stringify(key)).toString("base64"),
        withMark,
        { ...key, private_key: line + pem },
        { ...key, private_key: pem.replaceAll("\n", "\\n") },
      ]) {
        const { keyId, accountId, privateKey } = toSigningKey(given);
        expect({ keyId, accountId }).toEqual({ keyId: "ajkey", accountId: fakeAccount.serviceAccountId });
        expect(privateKey.equals(pair.privateKey)).toBe(true);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is not repeated where it cannot be read, nor is another secret in its place", () => {
    const base64 = Buffer.from(JSON.stringify(key)).toString("base64").slice(0, -40);
    for (const given of [
      base64,
      `[${JSON.stringify(key)}`,
      "y0_AgAAAA.token",
      "Api-Key AQVNkey.x",
      '"AQVNkey/x"',
      "AQVNkey/x",
    ]) {
      expect(() => toSigningKey(given)).toThrow(
        expect.objectContaining({ code: "invalid-argument", message: expect.not.stringContaining(given.slice(0, 12)) }),
      );
    }
    expect(() => toSigningKey("./no/such/key.json")).toThrow("./no/such/key.json (ENOENT)");
  });

  it("of another kind than RSA is refused", () => {
    const other = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    expect(() => toSigningKey({ ...key, private_key: other })).toThrow("no RSA key");
  });

  it("signs a JWT of PS256 that lives for an hour at most", () => {
    const now = Date.UTC(2026, 10, 22);
    const [head = "", claims = "", signature = ""] = signedJwt(
      toSigningKey(key),
      "http://iam/iam/v1/tokens",
      now,
    ).split(".");
    const part = (text: string) => JSON.parse(Buffer.from(text, "base64url").toString());
    expect(part(head)).toEqual({ typ: "JWT", alg: "PS256", kid: "ajkey" });
    const { iat, exp, ...rest } = part(claims);
    expect(rest).toEqual({ iss: fakeAccount.serviceAccountId, aud: "http://iam/iam/v1/tokens" });
    expect(exp - iat).toBe(3600);
    expect(iat).toBeLessThanOrEqual(now / 1000);
    expect(exp).toBeGreaterThan(now / 1000 + 3000);
    // 6 is PSS
    const pss = { key: pair.publicKey, padding: 6, saltLength: 32 };
    expect(verify("sha256", Buffer.from(`${head}.${claims}`), pss, Buffer.from(signature, "base64url"))).toBe(true);
  });

  it("is exchanged for a token with the time of its end, nanoseconds or not", async () => {
    const origin = await start();
    const end = "2099-11-22T10:00:00.123456789Z";
    if (server) server.identities.expiresAtText = () => end;
    const { token, expiresAt } = await exchangedToken(toSigningKey(key), origin, {});
    expect(token).toMatch(/^t1\./);
    expect(expiresAt).toBe(Date.UTC(2099, 10, 22, 10, 0, 0, 123));
  });

  it("that was deleted, or is another account's, is an error with the next step, tried once", async () => {
    const origin = await start();
    for (const wrong of [
      { ...key, id: "ajdeleted" },
      { ...key, service_account_id: "ajeother" },
    ]) {
      await expect(exchangedToken(toSigningKey(wrong), origin, {})).rejects.toMatchObject({
        code: "unauthorized",
        message: expect.stringMatching(/^No token could be had for the service account\. .*401/),
        hint: expect.stringContaining("yc iam key create"),
      });
    }
    expect(server?.ledger).toHaveLength(2);
  });

  it("is in no error, and neither is what it has signed", async () => {
    let sent = "";
    server = await startYandexServer({
      routes: [
        {
          method: "POST",
          path: /^\/iam\/v1\/tokens$/,
          errors: "unary",
          isOpen: true,
          answer({ body, response }) {
            sent = (body as { jwt: string }).jwt;
            response.writeHead(400, { "content-type": "application/json" });
            response.end(JSON.stringify({ message: `bad token ${sent}` }));
          },
        },
      ],
    });
    const error: unknown = await exchangedToken(toSigningKey(key), server.origin, {}).catch((thrown) => thrown);
    expect(sent).toMatch(/\..*\./);
    expect(String(error)).toContain("bad token ***");
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(sent);
  });

  it("gets a token that is cut off in no error: it serves for hours", async () => {
    const origin = await start();
    server?.faults.add({ path: "/iam", raw: { status: 200, body: '{"iamToken":"t1.9euelZqM","expiresAt":"20' } });
    const error: unknown = await exchangedToken(toSigningKey(key), origin, {}).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "bad-response", message: expect.stringMatching(/service account.* not JSON/) });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain("9euel");
  });

  it("gets nothing from an endpoint that answers without a token", async () => {
    const origin = await start();
    server?.faults.add({ path: "/iam", raw: { status: 200, body: { token: "x" } } });
    await expect(exchangedToken(toSigningKey(key), origin, {})).rejects.toMatchObject({ code: "bad-response" });
  });
});

describe("the fake's token endpoint", () => {
  it("refuses what the service refuses", async () => {
    const origin = await start();
    const signing = toSigningKey(key);
    const url = `${origin}/iam/v1/tokens`;
    const ask = async (body: unknown) => {
      const reply = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      return [reply.status, ((await reply.json()) as { message?: string }).message];
    };
    const now = Date.now();
    const jwt = signedJwt(signing, url, now);
    expect(await ask({ jwt: signedJwt(signing, "http://elsewhere/iam/v1/tokens", now) })).toEqual([
      401,
      expect.stringContaining("audience"),
    ]);
    expect(await ask({ jwt: signedJwt(signing, url, now - 4_000_000) })).toEqual([
      401,
      expect.stringContaining("time"),
    ]);
    expect(await ask({ jwt: signedJwt(signing, url, now + 400_000) })).toEqual([401, expect.stringContaining("time")]);
    expect(await ask({ jwt: `${jwt.slice(0, -8)}AAAAAAAA` })).toEqual([401, expect.stringContaining("signature")]);
    expect(await ask({ jwt: "a.b" })).toEqual([400, expect.stringContaining("malformed")]);
    expect(await ask({ jwt, more: 1 })).toEqual([400, expect.stringContaining("more")]);
    expect(await ask({})).toEqual([400, expect.any(String)]);
    expect(await ask({ jwt })).toEqual([200, undefined]);
  });

  it("is satisfied although the clock is most of five minutes ahead, or of an hour behind", async () => {
    const url = `${await start()}/iam/v1/tokens`;
    for (const skew of [290_000, -3_200_000]) {
      const jwt = signedJwt(toSigningKey(key), url, Date.now() + skew);
      expect(await requestJson({ url, body: JSON.stringify({ jwt }) })).toHaveProperty("iamToken");
    }
  });
});
