// P1 with models of Yandex: a run with a tool, whose stream of lines breaks off after some byte. Judged by the ledger and by
// what the user gets.
import { Agent, tool } from "@beseda/core";
import { yandex } from "@beseda/providers/yandex";
import { expect } from "vitest";
import type { YandexServer } from "../fakes/yandex/yandex-server.ts";
import { outcomeOf, tell, textShown } from "./fault-bench.ts";
import { billedIn, completionPath, yandexServing } from "./yandex-bench.ts";

const pieces = ["Сегодня снег ❄️, ", "семье 👨‍👩‍👧‍👦 ", "лучше дома 🏠."];
/** What a user can have been shown of them. */
const shownSoFar = pieces.map((_, index) => pieces.slice(0, index + 1).join(""));
const call = { name: "forecast", arguments: { city: "Омск", days: 3, note: "для 👨‍👩‍👧" } };

/**
 * One run for every `stride`-th byte of the reply that calls the tool, and of the one after it, until a cut comes after the
 * last line. A reply has calls or a text, not both: what has been shown is of the second.
 */
export async function yandexRunsCut(stride: number): Promise<void> {
  const server = await yandexServing({
    respond: ({ messages }) =>
      messages.some(({ role }) => role === "tool") ? { text: pieces } : { toolCalls: [call] },
  });
  const counts = { cuts: 0, complete: 0, retried: 0, broken: 0, "runs of a tool too many": 0, "billed too much": 0 };
  for (let cut = 0, after = 0; after < 2; cut += stride) {
    const { inputs, outcome, requests, billed } = await cutRun(server, { cut, after });
    counts.cuts++;
    const where = `cut after byte ${cut} of reply ${after + 1}`;
    if (outcome.error) {
      counts.broken++;
      expect(outcome.error, where).toMatchObject({ code: "unavailable", isRetryable: true });
      expect(shownSoFar, where).toContain(textShown(outcome));
      expect([inputs, requests, billed], where).toEqual([[call.arguments], 2, 2]);
    } else {
      counts.complete++;
      expect(textShown(outcome), where).toBe(shownSoFar.at(-1));
      expect(inputs, where).toEqual([call.arguments]);
      // Sent again only where nothing had been shown.
      if (requests === 3) counts.retried++;
      expect(requests, where).toBe(billed);
    }
    counts["runs of a tool too many"] += Math.max(0, inputs.length - 1);
    counts["billed too much"] += Math.max(0, billed - 2);
    // The reply was there whole before the cut.
    if (!outcome.error && requests === 2) {
      after++;
      cut = -stride;
    }
  }
  tell("P1 Yandex, natively", counts);
  expect(counts.broken).toBeGreaterThan(0);
  expect(counts.complete).toBeGreaterThan(0);
  expect(counts["billed too much"]).toBe(counts.retried);
}

async function cutRun(server: YandexServer, { cut, after }: { cut: number; after: number }) {
  const inputs: unknown[] = [];
  const forecast = tool({
    name: call.name,
    description: "The weather.",
    inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    execute: (input) => void inputs.push(input),
  });
  const model = yandex("yandexgpt-lite", { ...server.settings, retry: { longestWaitMs: 0 } });
  server.faults.clear();
  server.faults.add({ path: completionPath, cut, after });
  const from = server.ledger.length;
  const outcome = await outcomeOf(new Agent({ model, tools: [forecast] }), "Прогноз?");
  const since = { ledger: server.ledger.slice(from) };
  return { inputs, outcome, requests: since.ledger.length, billed: billedIn(since).length };
}
