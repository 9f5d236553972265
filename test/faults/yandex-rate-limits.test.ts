// P3 with models of Yandex: waits that are told, and quotas whose errors tell nothing but a number. Judged by the fake's ledger.
import { Agent } from "@beseda/core";
import { type YandexModelOptions, yandex, yandexConnection } from "@beseda/providers/yandex";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { YandexServer } from "../fakes/yandex/yandex-server.ts";
import { until } from "./fake-time.ts";
import { outcomeOf, tell } from "./fault-bench.ts";
import { asDate, inMs, inSeconds, pass, stepMs } from "./told-waits.ts";
import { askedIn, asyncPath, billedIn, completionPath, question, requestsTo, yandexServing } from "./yandex-bench.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const sayNo = (headers: Record<string, string>, times = 1) =>
  ({ path: completionPath, refuse: { code: 8, message: "slow down" }, headers, times }) as const;

function agentOver(server: YandexServer, options: YandexModelOptions = {}, streamed = true): Agent {
  return new Agent({ model: yandex("yandexgpt-lite", { ...server.settings, ...options }), streamed });
}

/** With a connection of its own, which knows nothing of what the others have learned. */
const inAnotherProcess = (server: YandexServer) => agentOver(server, { connection: yandexConnection(server.settings) });

const completions = (server: YandexServer) => requestsTo(server, completionPath);

/** Releases what waits, a reply after another, until all have their answer. */
async function served(server: YandexServer, answers: readonly Promise<unknown>[]): Promise<void> {
  let left = answers.length;
  for (const answer of answers) answer.finally(() => left--).catch(() => {});
  for (let rounds = 0; left > 0; rounds++) {
    if (rounds > 5_000) throw new Error(`${left} callers are never served.`);
    server.script.release(1);
    await pass(10);
  }
}

describe("A caller of a model of Yandex that is refused sends again", () => {
  it.each([
    ["after the seconds that it was told, at most a tenth later", inSeconds(2)],
    ["at the date that it was told, at most a tenth later", asDate(2)],
    ["after the milliseconds that it was told, at most a tenth later", inMs(1_500)],
    ["at once when it was told 0", inSeconds(0)],
    ["at once when it was told a date that is over", asDate(-60)],
  ])("%s", async (_, told) => {
    for (const streamed of [true, false]) {
      const { headers, ms } = told();
      const server = await yandexServing({ replies: [{ text: "Fine." }] });
      server.faults.add(sayNo(headers));
      const answer = outcomeOf(agentOver(server, {}, streamed), "Hello");
      await until(() => server.ledger.length === 1);
      await pass(ms * 1.1 + 20);
      expect((await answer).result.text).toBe("Fine.");
      const [first = 0, second = 0] = completions(server).map(({ at }) => at);
      expect(second - first).toBeGreaterThanOrEqual(ms);
      expect(second - first).toBeLessThanOrEqual(ms * 1.1 + stepMs);
      expect(server.ledger).toHaveLength(2);
      expect(billedIn(server)).toHaveLength(1);
    }
  });

  it.each([{ "retry-after": "-5" }, { "retry-after": "soon" }, {}])(
    "after a wait of its own, of 250 to 500 ms, when it was told %j",
    async (headers) => {
      const server = await yandexServing({ replies: [{ text: "Fine." }] });
      server.faults.add(sayNo(headers));
      const answer = outcomeOf(agentOver(server), "Hello");
      await until(() => server.ledger.length === 1);
      await pass(600);
      expect((await answer).result.text).toBe("Fine.");
      const [first = 0, second = 0] = completions(server).map(({ at }) => at);
      expect(second - first).toBeGreaterThanOrEqual(250);
      expect(second - first).toBeLessThanOrEqual(500 + stepMs);
    },
  );

  it("not at all when that is an hour away: it fails at once with the wait, and so do those who come later", async () => {
    const server = await yandexServing();
    server.faults.add(sayNo({ "retry-after": "3600" }));
    const agent = agentOver(server);
    const first = (await outcomeOf(agent, "Hello")).error;
    expect(first).toMatchObject({ code: "rate-limited", status: 429, retryAfterMs: 3_600_000 });
    const later = (await outcomeOf(agent, "And now?")).error;
    expect(later).toMatchObject({ code: "rate-limited", isRetryable: true, hint: expect.any(String) });
    expect(server.ledger).toHaveLength(1);
  });
});

describe("50 parallel callers of one connection", () => {
  it.each([
    ["seconds", inSeconds(2)],
    ["a date", asDate(2)],
    ["milliseconds", inMs(700)],
    ["0", inSeconds(0)],
  ])(
    "share one pause, told as %s, with those who come meanwhile, and come back one after another",
    async (form, say) => {
      const server = await yandexServing({ quotas: { completion: {} }, respond: () => ({ text: "Fine." }) });
      const { headers, ms } = say();
      server.faults.add(sayNo(headers, 50));
      const connection = yandexConnection(server.settings);
      const agents = [agentOver(server, { connection }), agentOver(server, { connection }, false)];
      const call = (name: string, number: number) => outcomeOf(agents[number % 2] as Agent, name);
      const answers = Array.from({ length: 50 }, (_, number) => call(`caller ${number}`, number));
      await until(() => server.ledger.length >= 50);
      await pass(ms / 2);
      const late = Array.from({ length: ms > 0 ? 10 : 0 }, (_, number) => call(`newcomer ${number}`, number));
      await pass(ms * 0.6 + 2_500);
      const texts = (await Promise.all([...answers, ...late])).map(({ result }) => result.text);
      expect(texts).toEqual(Array(50 + late.length).fill("Fine."));

      const refused = completions(server).slice(0, 50);
      const back = completions(server).slice(50);
      expect(back).toHaveLength(50 + late.length);
      expect(new Set(back.map(askedIn)).size).toBe(50 + late.length);
      const earliest = Math.max(...refused.map(({ at }) => at)) + ms;
      const times = back.map(({ at }) => at);
      const first = times[0] ?? 0;
      expect(first).toBeGreaterThanOrEqual(form === "a date" ? earliest - stepMs : earliest);
      expect(first).toBeLessThanOrEqual(earliest + ms * 0.1 + stepMs);
      expect(times.filter((at) => at - first < 100).length).toBeLessThanOrEqual(2);
      expect((times.at(-1) ?? 0) - first).toBeLessThan(2_500);
      expect(billedIn(server)).toHaveLength(50 + late.length);
      tell(`P3 Yandex, told as ${form}`, {
        refused: 50,
        "came meanwhile": late.length,
        "billed twice": billedIn(server).length - texts.length,
        "late by ms": Math.round(first - earliest),
        "last ms after the first": Math.round((times.at(-1) ?? 0) - first),
      });
    },
  );

  it("share it with those that begin operations, each by a key of its own", async () => {
    const server = await yandexServing({ quotas: { "completion-async": {} } });
    server.faults.add({ ...sayNo({ "retry-after": "2" }, 10), path: asyncPath });
    const { operations } = yandex("yandexgpt-lite", server.settings);
    const submit = (number: number) => operations?.submit(question(`${number}`), { key: `key ${number}` });
    const begun = Array.from({ length: 10 }, (_, number) => submit(number));
    await until(() => server.ledger.length === 10);
    await pass(1_000);
    const late = Array.from({ length: 10 }, (_, number) => submit(10 + number));
    await pass(3_000);
    await Promise.all([...begun, ...late]);
    expect(server.ledger).toHaveLength(30);
    expect(billedIn(server)).toHaveLength(20);
    const times = server.ledger.slice(10).map(({ at }) => at);
    expect(times.filter((at) => at - (times[0] ?? 0) < 100).length).toBeLessThanOrEqual(2);
  });

  it("do not keep those with another key waiting", async () => {
    const server = await yandexServing({ quotas: { completion: {} }, respond: () => ({ text: "Fine." }) });
    server.faults.add(sayNo({ "retry-after": "2" }, 10));
    const agent = agentOver(server);
    const answers = Array.from({ length: 10 }, (_, number) => outcomeOf(agent, `caller ${number}`));
    await until(() => server.ledger.length === 10);
    await pass(100);
    const expiresAt = Number.POSITIVE_INFINITY;
    server.identities.tokens.set("t1.another", { expiresAt, owner: "service-account" });
    const others = agentOver(server, { apiKey: undefined, iamToken: "t1.another" });
    const texts = Promise.all(["a", "b", "c"].map((name) => outcomeOf(others, name)));
    expect((await texts).map(({ result }) => result.text)).toEqual(Array(3).fill("Fine."));
    expect(completions(server).slice(10).map(askedIn).sort()).toEqual(["a", "b", "c"]);
    await pass(5_000);
    await Promise.all(answers);
  });

  it("keep it, those too who wait for room meanwhile, whose turn it would be now", async () => {
    const server = await yandexServing({
      quotas: { completion: { atOnce: 2 } },
      respond: () => ({ text: "Fine.", holdAt: 0 }),
    });
    const agent = agentOver(server);
    const answers = Array.from({ length: 20 }, (_, number) => outcomeOf(agent, `caller ${number}`));
    await until(() => server.ledger.filter(({ status }) => status === 429).length === 18);
    await pass(100);
    expect(server.ledger).toHaveLength(20);
    server.faults.add(sayNo({ "retry-after": "2" }, 2));
    server.script.release();
    await pass(1_990);
    expect(server.ledger).toHaveLength(22);
    await served(server, answers);
    expect((await Promise.all(answers)).filter(({ error }) => error)).toEqual([]);
    expect(billedIn(server)).toHaveLength(20);
  });
});

describe("The quota of what runs at once", () => {
  /** Holds every reply until it is released. */
  const holding = () => yandexServing({ respond: () => ({ text: "Fine.", holdAt: 0 }) });

  it.each([
    ["as streams", true],
    ["in one piece", false],
  ])("is learned from its first refusals: all of 50 callers get their answers, %s", async (_, streamed) => {
    const server = await holding();
    const agent = agentOver(server, {}, streamed);
    const answers = Array.from({ length: 50 }, (_, number) => outcomeOf(agent, `caller ${number}`));
    await until(() => server.ledger.filter(({ status }) => status === 429).length >= 40);
    await served(server, answers);
    expect((await Promise.all(answers)).map(({ result }) => result.text)).toEqual(Array(50).fill("Fine."));
    const refused = server.ledger.filter(({ status }) => status === 429).length;
    expect(server.quotas.mostAtOnce("completion")).toBe(10);
    // Those that were under way when the first one was refused, and none after them.
    expect(refused).toBe(40);
    expect(billedIn(server)).toHaveLength(50);

    const more = Array.from({ length: 50 }, (_, number) => outcomeOf(agent, `again ${number}`));
    await served(server, more);
    await Promise.all(more);
    const refusedLater = server.ledger.filter(({ status }) => status === 429).length - refused;
    expect(refusedLater).toBe(0);
    tell(`P3 Yandex, gauge of 10, ${streamed ? "streams" : "whole replies"}`, {
      callers: 100,
      served: 100,
      "most at once": server.quotas.mostAtOnce("completion"),
      "refused in the first 50": refused,
      "refused in the next 50": refusedLater,
      "billed twice": billedIn(server).length - 100,
    });
  });

  it("is shared by two processes: all of both are served, and few are refused", async () => {
    const server = await holding();
    const agents = [inAnotherProcess(server), inAnotherProcess(server)];
    const answers = Array.from({ length: 100 }, (_, number) =>
      outcomeOf(agents[number % 2] as Agent, `caller ${number}`),
    );
    await until(() => server.ledger.filter(({ status }) => status === 429).length >= 90);
    await served(server, answers);
    expect((await Promise.all(answers)).map(({ result }) => result.text)).toEqual(Array(100).fill("Fine."));
    const refused = server.ledger.filter(({ status }) => status === 429).length;
    expect(server.quotas.mostAtOnce("completion")).toBe(10);
    expect(billedIn(server)).toHaveLength(100);
    // 90 were under way when the first one was refused; then each tries now and then whether the other has left room.
    expect(refused).toBeLessThanOrEqual(90 + 50);
    tell("P3 Yandex, gauge of 10, two processes", {
      callers: 100,
      served: 100,
      "refused at first": 90,
      "refused later": refused - 90,
      "billed twice": billedIn(server).length - 100,
    });
  });

  it("lets somebody in where another process has it all, as soon as that leaves room", async () => {
    const server = await holding();
    const [one, other] = [inAnotherProcess(server), inAnotherProcess(server)];
    const first = Array.from({ length: 10 }, (_, number) => outcomeOf(one, `first ${number}`));
    await until(() => server.quotas.running("completion") === 10);
    const second = Array.from({ length: 5 }, (_, number) => outcomeOf(other, `second ${number}`));
    await pass(20_000);
    expect(billedIn(server)).toHaveLength(10);
    server.script.release();
    await served(server, [...first, ...second]);
    expect((await Promise.all(second)).map(({ result }) => result.text)).toEqual(Array(5).fill("Fine."));
    expect(billedIn(server)).toHaveLength(15);
  });
});

describe("The quota of a window of time", () => {
  const clock = { now: () => performance.now() };

  it("of a second is kept once it is known: all of 50 are served, in the seconds that they need", async () => {
    const server = await yandexServing({ clock });
    const { operations } = yandex("yandexgpt-lite", server.settings);
    const begun = Promise.all(Array.from({ length: 50 }, (_, number) => operations?.submit(question(`${number}`))));
    await until(() => server.ledger.length === 50);
    await pass(12_000);
    expect(await begun).toHaveLength(50);
    const refused = server.ledger.filter(({ status }) => status === 429).length;
    expect(refused).toBeLessThanOrEqual(40 + 5);
    expect(billedIn(server)).toHaveLength(50);
    expect(server.operations.all).toHaveLength(50);
    tell("P3 Yandex, rate of 10 a second", {
      callers: 50,
      served: 50,
      "refused at first": 40,
      "refused later": refused - 40,
      "billed twice": billedIn(server).length - 50,
      "last after ms": Math.round((server.ledger.at(-1)?.at ?? 0) - (server.ledger[0]?.at ?? 0)),
    });
  });

  it("of an hour is an error at once, which names it and is not tried again", async () => {
    const server = await yandexServing({ quotas: { completion: { perHour: 1 } }, clock });
    const agent = agentOver(server);
    await outcomeOf(agent, "Hello");
    const { error } = await outcomeOf(agent, "And now?");
    expect(error).toMatchObject({
      code: "rate-limited",
      status: 429,
      hint: expect.stringMatching(/ai\.textGenerationCompletionRequestsPerHour\.rate allows 1 .* hour .* support/),
    });
    expect(server.ledger).toHaveLength(2);
    expect(billedIn(server)).toHaveLength(1);
  });
});
