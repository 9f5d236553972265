// P3: services that ask to wait. The sockets are real, the clock is not; judged by the server's ledger.
import type { ReceivedRequest, ServerReply } from "@beseda/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { until } from "./fake-time.ts";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";
import { asDate, inMs, inSeconds, pass, stepMs } from "./told-waits.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function refusal(headers: Record<string, string>, status = 429): ServerReply {
  return { status, headers, body: { error: { message: "slow down", type: "rate_limit_error" } } };
}

function callerOf({ body }: ReceivedRequest): string {
  return (body.messages as { content: string }[])[0]?.content ?? "";
}

/** A test's agent, with the retries that agents have where nothing is said. */
const model = { apiKey: "sk-shared", retry: {} };

describe("A caller that is refused sends again", () => {
  it.each([
    ["after the seconds that it was told, at most a tenth later", inSeconds(2)],
    ["at the date that it was told, at most a tenth later", asDate(2)],
    ["after the milliseconds that it was told, at most a tenth later", inMs(1_500)],
    ["at once when it was told 0", inSeconds(0)],
    ["at once when it was told a date that is over", asDate(-60)],
  ])("%s", async (_, tell) => {
    for (const [status, streamed] of [
      [429, true],
      [503, false],
    ] as const) {
      const { headers, ms } = tell();
      const server = await serving({ replies: [refusal(headers, status), { text: "Fine." }] });
      const answer = outcomeOf(agentOver(server, { model, streamed }), "Hello");
      await until(() => server.requests.length === 1);
      await pass(ms * 1.1 + 20);
      expect((await answer).result.text).toBe("Fine.");
      const [first = 0, second = 0] = server.requests.map(({ receivedAt }) => receivedAt);
      expect(second - first).toBeGreaterThanOrEqual(ms);
      expect(second - first).toBeLessThanOrEqual(ms * 1.1 + stepMs);
      expect(server.requests).toHaveLength(2);
    }
  });

  it.each([{ "retry-after": "-5" }, { "retry-after": "soon" }, {}])(
    "after a wait of its own, of 250 to 500 ms, when it was told %j",
    async (headers) => {
      const server = await serving({ replies: [refusal(headers), { text: "Fine." }] });
      const answer = outcomeOf(agentOver(server, { model }), "Hello");
      await until(() => server.requests.length === 1);
      await pass(600);
      expect((await answer).result.text).toBe("Fine.");
      const [first = 0, second = 0] = server.requests.map(({ receivedAt }) => receivedAt);
      expect(second - first).toBeGreaterThanOrEqual(250);
      expect(second - first).toBeLessThanOrEqual(500 + stepMs);
    },
  );

  it("not at all when that is an hour away: it fails at once with the wait, and so do those who come later", async () => {
    const server = await serving({ replies: [refusal({ "retry-after": "3600" })] });
    const agent = agentOver(server, { model });
    const first = (await outcomeOf(agent, "Hello")).error;
    expect(first).toMatchObject({ code: "rate-limited", status: 429, retryAfterMs: 3_600_000 });
    await vi.advanceTimersByTimeAsync(600_000);
    const later = (await outcomeOf(agent, "And now?")).error;
    expect(later).toMatchObject({ code: "rate-limited", isRetryable: true, status: 429, hint: expect.any(String) });
    expect(later?.retryAfterMs).toBeGreaterThanOrEqual(3_000_000);
    expect(later?.retryAfterMs).toBeLessThanOrEqual(3_600_000 * 1.05);
    expect(server.requests).toHaveLength(1);
  });
});

describe("50 parallel callers with one key", () => {
  it.each([
    ["seconds", inSeconds(2)],
    ["a date", asDate(2)],
    ["milliseconds", inMs(700)],
    ["0", inSeconds(0)],
  ])(
    "share one pause, told as %s, with those who come meanwhile, and come back one after another",
    async (form, say) => {
      let earliest = 0;
      const server = await serving({
        apiKey: "sk-shared",
        respond({ receivedAt }, number) {
          if (number >= 50) return { text: "Fine." };
          const { headers, ms } = say();
          earliest = receivedAt + ms;
          return refusal(headers);
        },
      });
      const call = (name: string, number: number) =>
        outcomeOf(agentOver(server, { model, streamed: number % 2 === 0 }), name);
      const answers = Array.from({ length: 50 }, (_, number) => call(`caller ${number}`, number));
      const { ms } = say();
      await until(() => server.requests.length >= 50);
      await pass(ms / 2);
      const late = Array.from({ length: ms > 0 ? 10 : 0 }, (_, number) => call(`newcomer ${number}`, number));
      await pass(ms * 0.6 + 2_500);
      const texts = (await Promise.all([...answers, ...late])).map(({ result }) => result.text);
      expect(texts).toEqual(Array(50 + late.length).fill("Fine."));

      const back = server.requests.slice(50);
      expect(new Set(back.map(callerOf)).size).toBe(50 + late.length);
      expect(back).toHaveLength(50 + late.length);
      const times = back.map(({ receivedAt }) => receivedAt);
      const first = times[0] ?? 0;
      expect(first).toBeGreaterThanOrEqual(earliest);
      expect(first).toBeLessThanOrEqual(earliest + ms * 0.1 + stepMs);
      const inTenths = [0, 1, 2, 3, 4].map((tenth) => times.filter((at) => Math.floor((at - first) / 100) === tenth));
      const counts = inTenths.map(({ length }) => length);
      expect(counts[0]).toBeLessThanOrEqual(2);
      // More and more, however the clock's steps fall on the borders.
      for (const [tenth, count] of counts.entries()) expect(count).toBeLessThan((counts[tenth + 1] ?? 50) + 2);
      expect((times.at(-1) ?? 0) - first).toBeLessThan(2_500);
      tell(`P3 rate limits, told as ${form}`, {
        refused: 50,
        "came meanwhile": late.length,
        pauses: 1,
        "ms too early": 0,
        "late by ms": Math.round(first - earliest),
        "sent in each tenth of a second": counts.join("+"),
        "last ms after the first": Math.round((times.at(-1) ?? 0) - first),
      });
    },
  );

  it("are all served by a service that takes 10 a second, with few that it has to refuse twice", async () => {
    let second = -1;
    let taken = 0;
    const server = await serving({
      respond({ receivedAt }) {
        const now = Math.floor(receivedAt / 1_000);
        if (now !== second) taken = 0;
        second = now;
        if (taken++ < 10) return { text: "Fine." };
        return refusal({ "retry-after-ms": `${Math.ceil((now + 1) * 1_000 - receivedAt)}` });
      },
    });
    const agent = agentOver(server, { model });
    const answers = Array.from({ length: 50 }, (_, number) => outcomeOf(agent, `caller ${number}`));
    await until(() => server.requests.length === 50);
    await pass(12_000);
    const outcomes = await Promise.all(answers);
    expect(outcomes.filter(({ error }) => error)).toEqual([]);
    const refused = server.requests.length - 50;
    expect(refused).toBeLessThanOrEqual(40 + 20);
    const last =
      Math.max(...server.requests.map(({ receivedAt }) => receivedAt)) - (server.requests[0]?.receivedAt ?? 0);
    tell("P3 rate limits, 10 a second", {
      callers: 50,
      served: 50,
      refusals: refused,
      "last after ms": Math.round(last),
    });
  });

  it("do not keep those with another key waiting", async () => {
    const server = await serving({
      respond: ({ headers }, number) =>
        number < 50 && headers.authorization === "Bearer sk-shared"
          ? refusal({ "retry-after": "2" })
          : { text: "Fine." },
    });
    const agent = agentOver(server, { model });
    const answers = Array.from({ length: 50 }, (_, number) => outcomeOf(agent, `caller ${number}`));
    await until(() => server.requests.length === 50);
    await pass(100);
    const before = server.requests.length;
    const others = agentOver(server, { model: { ...model, apiKey: "sk-other" } });
    const texts = Promise.all(["a", "b", "c"].map((name) => outcomeOf(others, name)));
    expect((await texts).map(({ result }) => result.text)).toEqual(Array(3).fill("Fine."));
    expect(server.requests.slice(before).map(callerOf).sort()).toEqual(["a", "b", "c"]);
    await pass(5_000);
    await Promise.all(answers);
  });

  it("that leave meanwhile are not sent, and keep nobody waiting", async () => {
    const server = await serving({
      respond: (_, number) => (number < 50 ? refusal({ "retry-after": "2" }) : { text: "Fine." }),
    });
    const agent = agentOver(server, { model });
    const controller = new AbortController();
    const answers = Array.from({ length: 50 }, (_, number) =>
      outcomeOf(agent, `caller ${number}`, number < 49 ? { signal: controller.signal } : {}),
    );
    await until(() => server.requests.length === 50);
    await pass(1_000);
    controller.abort();
    const left = await Promise.all(answers.slice(0, 49));
    expect(left.every(({ result }) => result.finishReason === "aborted")).toBe(true);
    expect(server.requests).toHaveLength(50);
    await pass(1_200);
    expect((await answers[49])?.result.text).toBe("Fine.");
    expect(server.requests).toHaveLength(51);
  });
});
