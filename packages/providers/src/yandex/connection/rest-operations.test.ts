import { BesedaError, throughOperation, waitForOperation } from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { yandexConnection } from "./connection.ts";
import { restOperations } from "./rest-operations.ts";

let server: YandexServer;
beforeEach(async () => {
  server = await startYandexServer();
});
afterEach(() => server.close());

function operations() {
  return restOperations(yandexConnection({ ...server.settings, retry: { retries: 0 } }), {
    path: "/foundationModels/v1/completionAsync",
    quota: "completion-async",
    toBody: (text: string) =>
      JSON.stringify({
        modelUri: `gpt://${server.account.folderId}/yandexgpt/latest`,
        messages: [{ role: "user", text }],
      }),
    read: (response, id) => {
      if (response === undefined) throw new BesedaError("empty", { code: "bad-response", isRetryable: true });
      return `${id}: ${JSON.stringify(response).includes("CompletionResponse")}`;
    },
  });
}

const answered = (body: object) => server.faults.add({ path: "/operations/", raw: { status: 200, body } });

describe("operations of the REST API", () => {
  it("tell when they were begun, whether they are done, and what came of them", async () => {
    server.operations.plans.push({ unfinished: 1 });
    const { submit, poll } = operations();
    const begun = await submit("Hello");
    const times = { createdAt: expect.stringMatching(/Z$/), modifiedAt: expect.stringMatching(/Z$/) };
    expect(begun).toEqual({ id: expect.stringMatching(/^d7q/), done: false, ...times });
    expect(await poll(begun.id)).toMatchObject({ done: false });
    expect(await poll(begun.id)).toEqual({ id: begun.id, done: true, ...times, response: `${begun.id}: true` });
  });

  it("that failed are operations with an error, by its code; asking after them has not failed", async () => {
    const { poll } = operations();
    for (const [code, expected, isRetryable] of [
      [3, "rejected", false],
      [8, "rate-limited", true],
      [14, "unavailable", true],
    ] as const) {
      answered({ id: "d7q1", done: true, error: { code, message: "why", details: [] } });
      const { done, error, response } = await poll("d7q1");
      expect([done, error?.code, error?.isRetryable, response]).toEqual([true, expected, isRetryable, undefined]);
      expect(error?.message).toContain("why");
    }
  });

  it("that failed in a way that may pass are not asked after again: for them it does not", async () => {
    server.operations.plans.push({ error: { code: 14, message: "overloaded" } });
    const { submit, poll } = operations();
    const { id } = await submit("Hello");
    await expect(waitForOperation({ poll }, id, { pollMs: 1 })).rejects.toMatchObject({ code: "unavailable" });
    expect(server.operations.all[0]?.polls).toBe(1);
  });

  it("that are done without a response are not asked after again, nor called off", async () => {
    server.operations.plans.push({ unfinished: 1 });
    const begun = operations();
    const submitted = await begun.submit("Hello");
    for (let time = 0; time < 2; time++) answered({ id: submitted.id, done: true });
    await expect(
      throughOperation({ ...begun, submit: async () => submitted }, "Hello", { pollMs: 1 }),
    ).rejects.toMatchObject({ code: "bad-response", isRetryable: false, requestId: submitted.id });
    expect(server.ledger.map(({ method }) => method)).toEqual(["POST", "GET"]);
  });

  it("have a response where the error beside it says nothing, and an error where nothing else is there", async () => {
    const { poll } = operations();
    for (const error of [{}, { code: 0, message: "" }, null]) {
      answered({ id: "d7q1", done: true, error, response: { text: "here" } });
      expect(await poll("d7q1")).toMatchObject({ response: "d7q1: false" });
    }
    answered({ id: "d7q1", done: true, error: {} });
    expect((await poll("d7q1")).error?.message).toContain("without saying why");
  });

  it("that failed say what to do, and by which id the support finds them", async () => {
    const { poll } = operations();
    for (const [code, expected, hint] of [
      [1, "aborted", /anew/],
      [13, "unavailable", /later.*support/],
      [12, "unsupported", /support/],
      [9, "rejected", /changed/],
    ] as const) {
      answered({ id: "d7q1", done: true, error: { code, message: "why" } });
      expect((await poll("d7q1")).error).toMatchObject({
        code: expected,
        hint: expect.stringMatching(hint),
        requestId: "d7q1",
      });
    }
    const details = [{ "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId: "r-1" }];
    answered({ id: "d7q1", done: true, error: { code: 13, message: "why", details } });
    expect((await poll("d7q1")).error?.requestId).toBe("r-1");
  });

  it("are told from errors of the request, which come in the same words", async () => {
    answered({ error: { code: 5, message: "Operation not found" } });
    await expect(operations().poll("d7q1")).rejects.toMatchObject({ code: "not-found" });
    await expect(operations().poll("d7qunknown")).rejects.toMatchObject({ code: "not-found", status: 404 });
    answered({ code: 5, message: "Operation not found", details: [] });
    await expect(operations().poll("d7q1")).rejects.toMatchObject({ code: "not-found" });
    answered({ something: "else" });
    await expect(operations().poll("d7q1")).rejects.toMatchObject({ code: "bad-response" });
  });

  it("are called off by a GET; ids cannot leave their path", async () => {
    server.operations.plans.push({ unfinished: "never" });
    const { submit, poll, cancel } = operations();
    const { id } = await submit("Hello");
    expect(await cancel(id)).toMatchObject({
      id,
      done: true,
      error: { message: expect.stringContaining("cancelled") },
    });
    expect(server.ledger.at(-1)).toMatchObject({ method: "GET", path: `/operations/${id}:cancel` });
    const before = server.ledger.length;
    await expect(poll("../v1/models?")).rejects.toMatchObject({ code: "invalid-argument" });
    expect(server.ledger).toHaveLength(before);
  });
});
