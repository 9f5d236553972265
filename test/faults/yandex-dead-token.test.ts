// P12 with few rows; yandex-dead-token.long.test.ts does it with ten thousand.
import { yandex } from "@beseda/providers/yandex";
import { yandexDatasets } from "@beseda/providers/yandex/grpc";
import { describe, expect, it, vi } from "vitest";
import { Refusal } from "../fakes/yandex/refusal.ts";
import { holdTime, passing } from "./fake-time.ts";
import { billedIn, completionPath, question, requestsTo, textOf, tokenPath, yandexServing } from "./yandex-bench.ts";
import { atOnce, connectionBy, type TokenSource, tokenDies } from "./yandex-dead-token.ts";

const rows = 500;
const answered = Array.from({ length: rows }, (_, row) => `re: row ${row}`);

describe("A token that dies in the middle of many calls", () => {
  it.each<TokenSource>(["service-account key", "metadata of a virtual machine"])(
    "is renewed once for all of them, from the %s: no row fails, and none is billed twice",
    async (source) => {
      const { answers, failures, renewals, refused, billed, billedTwice } = await tokenDies({
        rows,
        diesAt: 250,
        source,
      });
      expect(failures).toEqual([]);
      expect(answers).toEqual(answered);
      expect(renewals).toBe(2);
      expect(refused).toBeGreaterThanOrEqual(1);
      expect(refused).toBeLessThanOrEqual(atOnce);
      expect([billed, billedTwice]).toEqual([rows, 0]);
    },
  );

  it("is renewed though its source is down for a while: still no row fails", async () => {
    holdTime();
    const asked = tokenDies({
      rows,
      diesAt: 250,
      onDeath: ({ identities }) => identities.nextTokens.push(new Refusal(14, "down"), new Refusal(14, "down")),
    });
    await passing(asked, 60_000);
    const { answers, failures, renewals, billed, billedTwice } = await asked;
    expect(failures).toEqual([]);
    expect(answers).toEqual(answered);
    expect(renewals).toBe(4);
    expect([billed, billedTwice]).toEqual([rows, 0]);
  });

  it("is renewed once where a quota holds some of the calls back, too", async () => {
    const died = await tokenDies({ rows, diesAt: 250, allowed: 2 });
    expect(died.failures).toEqual([]);
    expect(died.answers).toEqual(answered);
    expect(died.renewals).toBe(2);
    expect(died.limited).toBeGreaterThan(0);
    expect([died.billed, died.billedTwice]).toEqual([rows, 0]);
  });

  it("disturbs no stream that has begun", async () => {
    const server = await yandexServing({
      quotas: { completion: {} },
      respond: () => ({ text: ["One,", " two,", " three."], holdAt: 1 }),
    });
    const model = yandex("yandexgpt-lite", { connection: connectionBy("service-account key", server) });
    const streams = Array.from({ length: 10 }, async (_, number) => {
      const events = [];
      for await (const some of model.stream(question(`${number}`))) events.push(...some);
      return textOf(events);
    });
    await server.script.untilHeld(10);
    server.identities.tokens.clear();
    const late = model.stream(question("late"))[Symbol.asyncIterator]().next();
    await server.script.untilHeld(11);
    server.script.release();
    expect(await Promise.all(streams)).toEqual(Array(10).fill("One, two, three."));
    await late;
    expect(requestsTo(server, tokenPath)).toHaveLength(2);
    expect(requestsTo(server, completionPath).filter(({ status }) => status === 401)).toHaveLength(1);
    expect(billedIn(server)).toHaveLength(11);
  });

  it("costs no second renewal where its refusal comes late, when the next one is there already", async () => {
    const server = await yandexServing({ respond: () => ({ text: "Fine." }) });
    const model = yandex("yandexgpt-lite", { connection: connectionBy("service-account key", server) });
    const ask = async (text: string) => {
      const events = [];
      for await (const some of model.stream(question(text))) events.push(...some);
      return textOf(events);
    };
    await ask("first");
    let letIn = () => {};
    const until = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    server.faults.add({ path: completionPath, until });
    const late = ask("late");
    await vi.waitFor(() => expect(requestsTo(server, completionPath)).toHaveLength(2), { interval: 2 });
    server.identities.tokens.clear();
    await ask("second");
    letIn();
    expect(await late).toBe("Fine.");
    expect(requestsTo(server, tokenPath)).toHaveLength(2);
    expect(requestsTo(server, completionPath).filter(({ status }) => status === 401)).toHaveLength(2);
    expect(billedIn(server)).toHaveLength(3);
  });

  it("is renewed once over gRPC, too, for twenty callers", async () => {
    const server = await yandexServing({ grpc: true });
    const datasets = yandexDatasets({ connection: connectionBy("service-account key", server) });
    await datasets.types();
    server.identities.tokens.clear();
    expect(await Promise.all(Array.from({ length: 20 }, () => datasets.types()))).toHaveLength(20);
    expect(requestsTo(server, tokenPath)).toHaveLength(2);
  });

  it("and is refused another one is told to all who wait, by one request, with what to do", async () => {
    const server = await yandexServing();
    const model = yandex("yandexgpt-lite", { connection: connectionBy("service-account key", server) });
    const ask = async (text: string) => {
      for await (const _events of model.stream(question(text))) {
        // Read to its end.
      }
    };
    await ask("first");
    server.identities.tokens.clear();
    server.identities.publicKeys.clear();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, (_, number) => ask(`${number}`)));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: "rejected",
        reason: {
          code: "unauthorized",
          isRetryable: false,
          message: expect.stringContaining("No token could be had for the service account"),
          hint: expect.stringContaining("yc iam key create"),
        },
      });
    }
    expect(requestsTo(server, tokenPath)).toHaveLength(2);
    expect(billedIn(server)).toHaveLength(1);
  });
});
