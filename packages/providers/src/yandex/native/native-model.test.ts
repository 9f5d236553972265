import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { yandex } from "../yandex.ts";

let server: YandexServer;
beforeAll(async () => {
  server = await startYandexServer();
});
afterAll(() => server.close());

const asked = () =>
  yandex("yandexgpt", { ...server.settings, retry: { retries: 0 } }).stream({
    instructions: "",
    messages: [{ role: "user", content: "Tell me all." }],
    tools: [],
    toolChoice: "auto",
    reasoning: "off",
    settings: {},
  });

describe("a model over the native API", () => {
  it("may answer at length: a line, which holds all of the text so far, is not held to 1 MB", async () => {
    const text = "ж".repeat(600_000);
    const alternatives = [{ message: { role: "assistant", text }, status: "ALTERNATIVE_STATUS_FINAL" }];
    server.faults.add({ path: "/completion", raw: { status: 200, body: { result: { alternatives } } } });
    for await (const [first] of asked()) {
      if (first?.type === "text-delta") expect(first.text).toHaveLength(text.length);
    }
    expect.assertions(1);
  });

  it("says what to do about an error that comes in place of a reply", async () => {
    for (const [error, hint] of [
      [{ code: 13, message: "boom", details: [] }, /support/],
      [{ error: { grpcCode: 13, httpCode: 500, message: "boom" } }, /support/],
      [{ error: { grpcCode: 9, httpCode: 400, message: "boom" } }, /changed/],
    ] as const) {
      server.faults.add({ path: "/completion", raw: { status: 200, body: error } });
      await expect(asked()[Symbol.asyncIterator]().next()).rejects.toMatchObject({
        message: expect.stringContaining("boom"),
        hint: expect.stringMatching(hint),
      });
    }
  });
});
