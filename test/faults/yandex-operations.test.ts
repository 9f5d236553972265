// P13: operations that are lost, done twice, never done, too old; and polls that fail. Judged by the fake's ledger.
import { Agent, type Timeouts, waitForOperation } from "@beseda/core";
import { yandex, yandexArt } from "@beseda/providers/yandex";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { OperationPlan } from "../fakes/yandex/operation-store.ts";
import type { YandexServer } from "../fakes/yandex/yandex-server.ts";
import { until } from "./fake-time.ts";
import { type Outcome, outcomeOf } from "./fault-bench.ts";
import { pass } from "./told-waits.ts";
import { asyncPath, billedIn, question, requestsTo, yandexServing } from "./yandex-bench.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const model = (server: YandexServer) => yandex("yandexgpt-lite", { ...server.settings, via: "async", pollMs: 1 });
const polls = ({ ledger }: YandexServer) => ledger.filter(({ path }) => /^\/operations\/[^:]+$/.test(path));
const cancels = ({ ledger }: YandexServer) => ledger.filter(({ path }) => path.endsWith(":cancel"));

/** Lets time pass until it is over. */
async function over<Value>(going: Promise<Value>): Promise<Value> {
  let isOver = false;
  going.finally(() => (isOver = true)).catch(() => {});
  for (let ms = 0; !isOver; ms += 50) {
    if (ms > 60_000) throw new Error("It is not over in a minute.");
    await pass(50);
  }
  return going;
}

/** Text by an operation that goes so. */
function asked(server: YandexServer, timeouts: Partial<Timeouts> = {}): Promise<Outcome> {
  return over(outcomeOf(new Agent({ model: model(server), timeouts }), "What is due?"));
}

const serving = (plan: OperationPlan) =>
  yandexServing({ operations: plan, respond: () => ({ text: "Seven roubles." }) });

describe("An operation", () => {
  it("that the service has lost is an error that says so: it is neither begun again nor called off", async () => {
    const server = await serving({ unfinished: 9, lost: 2 });
    const { error } = await asked(server);
    expect(error).toMatchObject({
      code: "not-found",
      message: expect.stringContaining(server.operations.all[0]?.id ?? "?"),
      hint: expect.stringContaining("three days"),
    });
    expect([billedIn(server).length, polls(server).length, cancels(server).length]).toEqual([1, 3, 0]);
  });

  it("that is asked after again when it is done gives the same answer, with the same ids of its calls", async () => {
    const server = await yandexServing({
      replies: [
        {
          toolCalls: [
            { name: "pay", arguments: { bill: 7 } },
            { name: "pay", arguments: { bill: 8 } },
          ],
        },
      ],
    });
    const { operations } = model(server);
    const tools = [{ name: "pay", description: "Pays.", inputSchema: { type: "object" }, examples: [] }];
    const id = (await operations?.submit(question("Pay 7 and 8.", { tools })))?.id ?? "";
    const first = await operations?.poll(id);
    expect(first?.response?.map(({ type }) => type)).toEqual(["tool-call", "tool-call", "finish"]);
    // Another process, later.
    expect(await model(server).operations?.poll(id)).toEqual(first);
    expect(billedIn(server)).toHaveLength(1);
  });

  it("that is never done ends with the time of its step, and is called off once", async () => {
    const server = await serving({ unfinished: "never" });
    const { error } = await asked(server, { stepMs: 5_000 });
    expect(error).toMatchObject({ code: "timeout", hint: expect.any(String) });
    // It has to wait for its turn behind the polls.
    await pass(2_000);
    expect(cancels(server)).toHaveLength(1);
    expect(server.operations.all).toMatchObject([{ isCancelled: true }]);
    expect(billedIn(server)).toHaveLength(1);
    expect(server.operations.orphans).toEqual([]);
  });

  it("lives through polls that are refused for a while: one is begun, and it is answered", async () => {
    const server = await serving({ unfinished: 4 });
    const path = /^\/operations\//;
    const message = "ai.operationGetRequestsPerSecond.rate rate quota limit exceed: allowed 50 requests";
    server.faults.add(
      { path, after: 1, refuse: { code: 8, message }, times: 3 },
      { path, after: 1, refuse: { code: 14, message: "later" }, times: 5 },
      { path, raw: { status: 502, body: "<h1>Bad Gateway</h1>" } },
      { path, cut: "answer" },
    );
    const { result, error } = await asked(server);
    expect(error).toBeUndefined();
    expect(result.text).toBe("Seven roubles.");
    expect(requestsTo(server, asyncPath)).toHaveLength(1);
    expect(billedIn(server)).toHaveLength(1);
    expect(cancels(server)).toEqual([]);
    expect(server.operations.orphans).toEqual([]);
  });

  it("whose answer is older than three days is gone, and the error says what that means", async () => {
    let now = Date.now();
    const server = await yandexServing({ clock: { now: () => now } });
    const { operations } = model(server);
    const id = (await operations?.submit(question("What is due?")))?.id ?? "";
    now += 3 * 86_400_000 - 1;
    expect(await operations?.poll(id)).toMatchObject({ done: true });
    now += 2;
    await expect(operations?.poll(id)).rejects.toMatchObject({
      code: "not-found",
      isRetryable: false,
      hint: expect.stringMatching(/three days.*begun anew/),
    });
  });

  it("that is begun where nobody knows whether it was accepted is not begun again", async () => {
    const server = await serving({});
    server.faults.add({ path: asyncPath, cut: "answer" });
    const { error } = await asked(server);
    expect(error).toMatchObject({ isRetryable: false, hint: expect.stringContaining("not known whether") });
    expect(requestsTo(server, asyncPath)).toHaveLength(1);
    expect(billedIn(server)).toHaveLength(1);
  });

  it("that waits for room when its caller leaves is not begun any more", async () => {
    const server = await serving({});
    const controller = new AbortController();
    const answers = Array.from({ length: 50 }, (_, number) =>
      outcomeOf(new Agent({ model: model(server) }), `${number}`, { signal: controller.signal }),
    );
    await until(() => requestsTo(server, asyncPath).filter(({ ended }) => ended).length === 50);
    controller.abort();
    await Promise.all(answers);
    await pass(20_000);
    expect(billedIn(server)).toHaveLength(10);
    expect(server.operations.orphans).toEqual([]);
  });
});

describe("A picture", () => {
  const art = (server: YandexServer) => yandexArt({ ...server.settings, pollMs: 1 });

  it("lives through the same: refused polls, and a caller who leaves", async () => {
    const server = await yandexServing({ operations: { unfinished: 4 } });
    const path = /^\/operations\//;
    server.faults.add({ path, after: 1, refuse: { code: 14, message: "later" }, times: 5 }, { path, cut: "answer" });
    expect((await over(art(server).generate({ prompt: "a red fox" }))).mediaType).toBe("image/jpeg");
    expect(billedIn(server)).toHaveLength(1);

    server.operations.defaultPlan = { unfinished: "never" };
    const controller = new AbortController();
    const left = art(server).generate({ prompt: "a grey wolf" }, { signal: controller.signal });
    await until(() => server.operations.all.length === 2);
    controller.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    await until(() => cancels(server).length === 1);
    server.operations.defaultPlan = { lost: true };
    await expect(art(server).generate({ prompt: "a fish" })).rejects.toMatchObject({ code: "not-found" });
    expect(billedIn(server)).toHaveLength(3);
    expect(cancels(server)).toHaveLength(1);
  });

  it("can be fetched by another process, twice, from its id alone", async () => {
    const server = await yandexServing({ operations: { unfinished: 2 } });
    const id = (await art(server).operations?.submit({ prompt: "a red fox" }))?.id ?? "";
    const { operations } = art(server);
    if (!operations) throw new Error("It has no operations.");
    const fetched = async () => Buffer.from((await over(waitForOperation(operations, id, { pollMs: 1 }))).bytes);
    expect((await fetched()).equals(await fetched())).toBe(true);
    expect(billedIn(server)).toHaveLength(1);
  });
});
