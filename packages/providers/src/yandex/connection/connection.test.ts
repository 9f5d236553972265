import { generateKeyPairSync } from "node:crypto";
import { requestJson } from "@beseda/core/http";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { FakeRoute } from "../../../../../test/fakes/yandex/fake-service.ts";
import { Refusal } from "../../../../../test/fakes/yandex/refusal.ts";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { type YandexConnection, type YandexSettings, yandexConnection } from "./connection.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

let server: YandexServer;

afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

/** Waits for what has to come, however busy the machine is. */
function until(claim: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(claim, { interval: 2 });
}

/** Answers as long as nobody holds it back. */
const plainRoute: FakeRoute = {
  method: "POST",
  path: /^\/test$/,
  errors: "unary",
  answer: () => ({ fine: true }),
};

async function start(settings: Partial<YandexSettings> = {}, routes: FakeRoute[] = [plainRoute]) {
  server = await startYandexServer({ routes });
  server.identities.publicKeys.set("ajkey", publicKey);
  const { endpoints, folderId } = server.settings;
  return yandexConnection({ endpoints, folderId, retry: { longestWaitMs: 0 }, ...settings });
}

function accountKey() {
  const line = "PLEASE DO NOT REMOVE THIS LINE! Yandex.Cloud SA Key ID <ajkey>\n";
  return { id: "ajkey", service_account_id: "ajefake00000000000000", private_key: `${line}${privateKey}` };
}

function ask(connection: YandexConnection, signal?: AbortSignal): Promise<unknown> {
  return requestJson(connection.request({ at: "llm", path: "/test", body: "{}", quota: "tokenizer", signal }));
}

function asked(path: string): number {
  return server.ledger.filter((entry) => entry.path === path).length;
}

function paths(): string[] {
  return server.ledger.map(({ path }) => path);
}

describe("credentials", () => {
  it("an API key goes out without the line end behind it, and without a folder", async () => {
    const connection = await start({ apiKey: "AQVNfake-key-of-no-account-at-all-000000\n" });
    expect(await ask(connection)).toEqual({ fine: true });
    expect(server.ledger[0]?.headers).toMatchObject({
      authorization: "Api-Key AQVNfake-key-of-no-account-at-all-000000",
      "x-client-request-id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(server.ledger[0]?.headers).not.toHaveProperty("x-folder-id");
  });

  it("an IAM token that was given may be a user's, and is sent with the folder", async () => {
    const connection = await start({ iamToken: "t1.of-a-user" });
    server.identities.tokens.set("t1.of-a-user", { expiresAt: Number.POSITIVE_INFINITY, owner: "user" });
    expect(await ask(connection)).toEqual({ fine: true });
  });

  it("a service-account key is exchanged for a token once for all", async () => {
    const connection = await start({ serviceAccountKey: accountKey() });
    await Promise.all(Array.from({ length: 20 }, () => ask(connection)));
    await ask(connection);
    expect(asked("/iam/v1/tokens")).toBe(1);
    expect(asked("/test")).toBe(21);
  });

  it("a virtual machine's account is asked for as its metadata server wants it", async () => {
    const connection = await start({ vmMetadata: true });
    expect(await ask(connection)).toEqual({ fine: true });
    expect(server.ledger[0]).toMatchObject({ method: "GET", headers: { "metadata-flavor": "Google" }, status: 200 });
  });

  it("fifty callers with a dead token cause one renewal, and none of them fails", async () => {
    const connection = await start({ serviceAccountKey: accountKey() });
    await ask(connection);
    server.identities.tokens.clear();
    expect(await Promise.all(Array.from({ length: 50 }, () => ask(connection)))).toHaveLength(50);
    expect(asked("/iam/v1/tokens")).toBe(2);
    expect(server.ledger.filter(({ status }) => status === 401).length).toBeGreaterThan(0);
  });

  it("a token that is refused right after it was renewed is an error at once", async () => {
    const connection = await start({ serviceAccountKey: accountKey() });
    server.faults.add({ path: "/test", refuse: { code: 16, message: "The token is invalid" }, times: 9 });
    await expect(ask(connection)).rejects.toMatchObject({ code: "unauthorized", status: 401 });
    expect(paths()).toEqual(["/iam/v1/tokens", "/test", "/iam/v1/tokens", "/test"]);
  });

  it("a key or a token that was given is not tried twice, and the error says where to get one", async () => {
    const connection = await start({ apiKey: "AQVNanother" });
    await expect(ask(connection)).rejects.toMatchObject({
      code: "unauthorized",
      status: 401,
      message: expect.stringContaining("Unknown api key"),
      hint: expect.stringContaining("yc iam api-key create"),
    });
    expect(paths()).toEqual(["/test"]);
  });

  it("the next token is fetched ahead of time, while the old one serves", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const connection = await start({ serviceAccountKey: accountKey() });
    await ask(connection);
    vi.setSystemTime(Date.now() + 12 * 3_600_000 - 599_000);
    let release = () => {};
    server.identities.nextTokens.push(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    await ask(connection);
    await ask(connection);
    await until(() => expect(asked("/iam/v1/tokens")).toBe(2));
    const [first, second] = server.ledger
      .filter(({ path }) => path === "/test")
      .map(({ headers }) => headers.authorization);
    expect(second).toBe(first);
    release();
    await until(() => expect(connection.credentials.authorization()).not.toBe(first));
    await ask(connection);
    expect(server.ledger.at(-1)?.headers.authorization).not.toBe(first);
    expect(asked("/iam/v1/tokens")).toBe(2);
  });

  it("a renewal that fails ahead of time disturbs nobody as long as the old token lives, and is tried again later", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const connection = await start({ serviceAccountKey: accountKey(), retry: { retries: 0 } });
    await ask(connection);
    vi.setSystemTime(Date.now() + 12 * 3_600_000 - 590_000);
    server.identities.nextTokens.push(new Refusal(14, "later"));
    await ask(connection);
    await until(() => expect(server.ledger.filter(({ status }) => status === 503)).toHaveLength(1));
    await ask(connection);
    expect(asked("/iam/v1/tokens")).toBe(2);
    vi.setSystemTime(Date.now() + 11_000);
    await until(async () => {
      await ask(connection);
      expect(asked("/iam/v1/tokens")).toBe(3);
    });
  });

  it("a renewal is tried again where that may help; where it fails, all who wait are told, and the next call tries anew", async () => {
    const connection = await start({ serviceAccountKey: accountKey(), retry: { retries: 1, longestWaitMs: 0 } });
    const busy = () => new Refusal(14, "later");
    server.identities.nextTokens.push(busy());
    expect(await ask(connection)).toEqual({ fine: true });
    expect(asked("/iam/v1/tokens")).toBe(2);
    const { endpoints } = server.settings;
    const fresh = yandexConnection({
      endpoints,
      serviceAccountKey: accountKey(),
      retry: { retries: 1, longestWaitMs: 0 },
    });
    server.identities.nextTokens.push(busy(), busy());
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => ask(fresh)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: { code: "unavailable", message: expect.stringContaining("No token could be had") },
      });
    }
    expect(asked("/iam/v1/tokens")).toBe(4);
    expect(await ask(fresh)).toEqual({ fine: true });
  });

  it("whoever leaves while a token is fetched leaves alone: the others get theirs", async () => {
    const connection = await start({ serviceAccountKey: accountKey() });
    let release = () => {};
    server.identities.nextTokens.push(
      new Promise((resolve) => {
        release = resolve;
      }),
    );
    const controller = new AbortController();
    const left = ask(connection, controller.signal);
    const stays = ask(connection);
    await until(() => expect(asked("/iam/v1/tokens")).toBe(1));
    controller.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    release();
    expect(await stays).toEqual({ fine: true });
  });

  it("a token that nobody waits for any more is not fetched on, and is fetched anew for the next one", async () => {
    const connection = await start({ serviceAccountKey: accountKey() });
    server.faults.add({ path: "/iam", answerAfter: new Promise(() => {}) });
    const leaving = [new AbortController(), new AbortController()];
    const left = Promise.allSettled(leaving.map(({ signal }) => ask(connection, signal)));
    await until(() => expect(asked("/iam/v1/tokens")).toBe(1));
    for (const controller of leaving) controller.abort(new Error("enough"));
    expect(await left).toMatchObject([{ reason: { message: "enough" } }, { reason: { message: "enough" } }]);
    expect(await ask(connection)).toEqual({ fine: true });
    await until(() => expect(server.ledger[0]).toMatchObject({ path: "/iam/v1/tokens", ended: "left" }));
  });

  it("a token whose end nobody said, or nobody can read, is used for an hour", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const connection = await start({ serviceAccountKey: accountKey() });
    for (const text of [undefined, "tomorrow", "1999-01-01T00:00:00Z"]) {
      const before = asked("/iam/v1/tokens");
      server.identities.expiresAtText = () => text;
      await ask(connection);
      expect(asked("/iam/v1/tokens")).toBe(before + 1);
      vi.setSystemTime(Date.now() + 3_000_000);
      await ask(connection);
      expect(asked("/iam/v1/tokens")).toBe(before + 1);
      vi.setSystemTime(Date.now() + 700_000);
    }
  });
});

describe("settings", () => {
  it("the wish that nothing be kept goes with every request", async () => {
    const connection = await start({ apiKey: "AQVNfake-key-of-no-account-at-all-000000", dataLogging: false });
    await ask(connection);
    expect(server.ledger[0]?.headers["x-data-logging-enabled"]).toBe("false");
    expect(connection.headers).toEqual({ "x-data-logging-enabled": "false" });
  });

  it("a folder that is not the account's is told with both, and which setting it is", async () => {
    const connection = await start({ iamToken: "t1.account", folderId: "b1gother" });
    server.identities.tokens.set("t1.account", { expiresAt: Number.POSITIVE_INFINITY, owner: "service-account" });
    await expect(ask(connection)).rejects.toMatchObject({
      code: "invalid-argument",
      status: 400,
      hint: expect.stringMatching(/folderId \(YC_FOLDER_ID\) to b1gfake0+, or .* b1gother/),
    });
  });

  it.each([
    [{ apiKey: "t1.hush" }, "Pass it as iamToken"],
    [{ iamToken: "AQVNhush" }, "Pass it as apiKey"],
    [{ apiKey: "Api-Key hush" }, "without a word before it"],
    [{ apiKey: "ключ-hush" }, "alone"],
    [{ apiKey: JSON.parse("5") }, "alone"],
    [{ apiKey: "AQVNhush", iamToken: "t1.hush" }, "Pass one of them"],
    [{ serviceAccountKey: "AQVNhush" }, "yc iam key create"],
    [{ serviceAccountKey: "{ hush" }, "yc iam key create"],
    [{ serviceAccountKey: "-----BEGIN PRIVATE KEY-----\nhush" }, "yc iam key create"],
    [{ serviceAccountKey: "/no/such/file.json" }, "yc iam key create"],
    [{ serviceAccountKey: { id: "a", service_account_id: "b", private_key: "hush" } }, "yc iam key create"],
    [{ serviceAccountKey: JSON.stringify({ id: "a", secret: "AQVNhush" }) }, "yc iam key create"],
    [{ apiKey: "AQVNkey", folderId: "b1g/other" }, "console"],
    [{ apiKey: "AQVNkey", endpoints: { llm: "llm.api" } }, "scheme, host and port"],
  ] as [YandexSettings, string][])(
    "%j is refused before any request, and its error holds no secret",
    async (settings, hint) => {
      await start({ apiKey: "AQVNkey" });
      let error: unknown;
      try {
        yandexConnection(settings);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: "invalid-argument", hint: expect.stringContaining(hint) });
      expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain("hush");
      expect(server.ledger).toEqual([]);
    },
  );

  it("no credentials at all is a missing setting", async () => {
    await start({ apiKey: "AQVNkey" });
    expect(() => yandexConnection({ apiKey: " " })).toThrow(/holds white space|No credentials/);
    expect(() => yandexConnection({ apiKey: "" })).toThrow("No credentials");
  });
});
