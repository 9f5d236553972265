// P8: what replies without an end cost, in memory and in time.
import { sseDecoder } from "@beseda/core/http";
import type { ServerReply } from "@beseda/core/testing";
import { expect, it } from "vitest";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";

const mega = 1024 * 1024;

it.each<[string, ServerReply]>([
  ["a line of 200 MB", { raw: ["x".repeat(65_536)], repeats: 3_200 }],
  ["a gzip bomb of 1 GB", { raw: [" ".repeat(65_536)], repeats: 16_384, gzip: true }],
])(
  "A reply without an end makes the process grow by 64 MB at most: %s",
  async (name, reply) => {
    const server = await serving({ respond: () => reply });
    await outcomeOf(agentOver(server), "hi");
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 2);
    for (let time = 0; time < 20; time++) await outcomeOf(agentOver(server), "hi");
    clearInterval(watch);
    expect(peak - before).toBeLessThan(64 * mega);
    tell("P8 memory", { [name]: `${Math.round((peak - before) / mega)} MB` });
  },
  120_000,
);

it("Reading takes time in proportion to what is read: one line in small reads, and tiny events", () => {
  const line = (bytes: number) => Array.from({ length: bytes / 64 }, () => Buffer.alloc(64, "x"));
  const events = (count: number) => [Buffer.from("data: да\n\n".repeat(count))];
  const ratios = {
    line: cheapest(() => line(800_000)) / cheapest(() => line(400_000)),
    events: cheapest(() => events(400_000)) / cheapest(() => events(200_000)),
  };
  expect(ratios.line).toBeLessThan(2.3);
  expect(ratios.events).toBeLessThan(2.3);
  tell("P8 time of twice as much", { line: ratios.line.toFixed(2), events: ratios.events.toFixed(2) });
}, 120_000);

/** The CPU time of the best of many, which other processes have disturbed least. */
function cheapest(reads: () => Buffer[]): number {
  const times = Array.from({ length: 15 }, () => {
    const bytes = reads();
    const decoder = sseDecoder<string>({ event: () => {}, end: () => {} });
    const start = process.cpuUsage();
    for (const read of bytes) decoder.decode(read, 0, [], 32);
    decoder.end([]);
    const { user, system } = process.cpuUsage(start);
    return user + system;
  });
  return Math.min(...times);
}
