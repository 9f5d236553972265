import { errorInBody, jsonLinesDecoder, requestJson, streamEvents } from "@beseda/core/http";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { FakeRoute, FakeStateOptions } from "../../../../../test/fakes/yandex/fake-service.ts";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { QuotaDoor } from "../quota/quota-door.ts";
import { type QuotaName, type YandexConnection, yandexConnection } from "./connection.ts";
import { connectionGuard } from "./connection-guard.ts";

let server: YandexServer;

afterEach(async () => {
  vi.useRealTimers();
  await server.close();
});

/** Waits for what has to come, however busy the machine is. */
function until(claim: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(claim, { interval: 2 });
}

/** Requests that wait until they are let go. */
const held: (() => void)[] = [];

const route = (quota: "completion" | "classification" | "image", isHeld = false): FakeRoute => ({
  method: "POST",
  path: new RegExp(`^/${quota}$`),
  errors: quota === "completion" ? "streaming" : "unary",
  quota,
  isBilled: true,
  answer: async () => {
    if (isHeld) await new Promise<void>((resolve) => held.push(resolve));
    return { fine: true };
  },
});

async function start(routes: FakeRoute[], options: FakeStateOptions = {}): Promise<YandexConnection> {
  held.length = 0;
  server = await startYandexServer({ ...options, routes });
  return yandexConnection(server.settings);
}

function ask(connection: YandexConnection, quota: QuotaName, signal?: AbortSignal): Promise<unknown> {
  return requestJson(connection.request({ at: "llm", path: `/${quota}`, body: "{}", quota, signal }));
}

function withStatus(status: number | undefined): number {
  return server.ledger.filter((entry) => entry.status === status).length;
}

describe("a quota of ten at once", () => {
  it("lets forty callers through, never more than ten on their way once it is known, and fails none", async () => {
    const connection = await start([route("completion", true)]);
    const outcomes = Promise.all(Array.from({ length: 40 }, () => ask(connection, "completion")));
    await until(() => expect(withStatus(429)).toBe(30));
    expect(withStatus(undefined)).toBe(10);
    for (let ended = 1; ended <= 40; ended++) {
      held.shift()?.();
      await until(() => expect(withStatus(200)).toBe(ended));
      await until(() => expect(held).toHaveLength(Math.min(10, 40 - ended)));
      expect(withStatus(undefined)).toBeLessThanOrEqual(10);
    }
    expect(await outcomes).toHaveLength(40);
    expect(server.quotas.mostAtOnce("completion")).toBe(10);
    expect(server.ledger.filter(({ billed }) => billed)).toHaveLength(40);
  });

  it("gives the places of callers who leave, to those who wait", async () => {
    const connection = await start([route("completion", true)], { quotas: { completion: { atOnce: 2 } } });
    const controller = new AbortController();
    const left = ask(connection, "completion", controller.signal);
    const others = [1, 2, 3].map(() => ask(connection, "completion"));
    await until(() => expect(held).toHaveLength(2));
    await until(() => expect(withStatus(429)).toBe(2));
    controller.abort(new Error("enough"));
    await expect(left).rejects.toThrow("enough");
    // The one that was left, and two others.
    await until(() => expect(held).toHaveLength(3));
    held.splice(0).forEach((letGo) => {
      letGo();
    });
    await until(() => expect(held).toHaveLength(1));
    held.shift()?.();
    expect(await Promise.all(others)).toHaveLength(3);
  });
});

describe("a place among those at once", () => {
  /** Says one line, and nothing more until it is let go. */
  const talking: FakeRoute = {
    ...route("completion"),
    async answer({ response, gone }) {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"fine":true}\n');
      await new Promise<void>((resolve) => {
        held.push(resolve);
        gone.addEventListener("abort", () => resolve());
      });
      response.end('{"error":{"grpcCode":14,"httpCode":503,"message":"broken"}}\n');
      return undefined;
    },
  };

  function stream(connection: YandexConnection, signal?: AbortSignal) {
    return streamEvents({
      ...connection.request({ at: "llm", path: "/completion", body: "{}", quota: "completion", signal }),
      accept: "application/json",
      decoder: () =>
        jsonLinesDecoder<unknown>({
          value(value, events) {
            const error = errorInBody(value);
            if (error) throw error;
            events.push(value);
          },
          end() {},
        }),
    });
  }

  it.each([
    ["the reader leaves it", async (events: AsyncIterator<unknown>) => void (await events.return?.())],
    ["the caller stops it and asks no more", async (_: unknown, controller: AbortController) => controller.abort()],
    [
      "it fails in the middle",
      async (events: AsyncIterator<unknown>) => {
        held.shift()?.();
        await expect(events.next()).rejects.toMatchObject({ status: 503, message: expect.stringContaining("broken") });
      },
    ],
  ])("is free for the next one when a streamed reply is over because %s", async (_why, stop) => {
    const connection = await start([talking], { quotas: { completion: { atOnce: 1 } } });
    const controller = new AbortController();
    const events = stream(connection, controller.signal);
    await events.next();
    const next = stream(connection);
    const first = next.next();
    await until(() => expect(withStatus(429)).toBe(1));
    expect(server.quotas.running("completion")).toBe(1);
    await stop(events, controller);
    expect(await first).toEqual({ done: false, value: [{ fine: true }] });
    await next.return?.();
  });
});

describe("a quota of a window", () => {
  it("of an hour or a day is told at once: which one, how many, and what to do", async () => {
    const connection = await start([route("image")], { quotas: { image: { perDay: 1 } } });
    await ask(connection, "image");
    await expect(ask(connection, "image")).rejects.toMatchObject({
      code: "rate-limited",
      status: 429,
      hint: expect.stringMatching(/PerDay\.rate allows 1 requests per day\. Wait until the day has passed\..*support/i),
    });
    expect(server.ledger).toHaveLength(2);
  });

  it("of a second is waited for on the clock", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance", "Date"] });
    const connection = await start([route("classification")], { clock: performance });
    const outcomes = Promise.all([1, 2, 3, 4].map(() => ask(connection, "classification")));
    let isOver = false;
    void outcomes.finally(() => {
      isOver = true;
    });
    // Time goes on only while nothing is on its way.
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      if (withStatus(undefined) === 0) await vi.advanceTimersByTimeAsync(5);
    }
    expect(await outcomes).toHaveLength(4);
    expect(withStatus(200)).toBe(4);
    expect(withStatus(429)).toBeLessThanOrEqual(4);
  });

  it("of 0 is an error at once, and a Retry-After is kept as with any service", async () => {
    const connection = await start([route("image")], { quotas: { image: { perMinute: 0 } } });
    await expect(ask(connection, "image")).rejects.toMatchObject({ hint: expect.stringContaining("is 0") });
    expect(server.ledger).toHaveLength(1);
    server.quotas.limit("image", {});
    const refuse = { code: 8, message: "x.count gauge quota limit exceed: allowed 1 requests" } as const;
    server.faults.add({ refuse, headers: { "retry-after": "3600" } });
    await expect(ask(connection, "image")).rejects.toMatchObject({ retryAfterMs: 3_600_000 });
    expect(server.ledger).toHaveLength(2);
  });
});

it("a caller who leaves while the token is fetched leaves no failure behind that nobody hears", async () => {
  const connection = await start([]);
  // At each moment until the request would go out; a rejection that nobody handles fails the run.
  for (let moment = 0; moment < 25; moment++) {
    const stop = new AbortController();
    const failing = { authorization: () => Promise.reject(new Error("no token")), refused: () => false };
    const visit = connectionGuard(failing, new QuotaDoor(undefined), "completion").begin();
    const admitted = Promise.resolve(visit.admit(stop.signal)).catch(() => "refused");
    for (let turn = 0; turn < moment; turn++) await Promise.resolve();
    stop.abort();
    expect(await admitted).toBe("refused");
  }
  expect(connection.credentials.authorization()).toMatch(/^Api-Key/);
});
