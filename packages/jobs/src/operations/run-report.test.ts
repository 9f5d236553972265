import type { JsonValue, Lease, StreamPart } from "@beseda/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RunReport } from "./run-report.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

type News = Parameters<Lease["report"]>[0];

function reportOn(metadata: Record<string, JsonValue>): { report: RunReport; told: News[] } {
  const told: News[] = [];
  const lease = { job: { metadata }, report: async (news: News) => void told.push(news) } as unknown as Lease;
  return { report: new RunReport(lease), told };
}

it("tells the metadata where they have changed, and parts alone where they have not", async () => {
  const { report, told } = reportOn({ failures: 1 });
  const text = (text: string): StreamPart => ({ type: "text-delta", id: "t", runId: "r", text });
  for (const piece of ["a", "b"]) {
    report.add(text(piece));
    await vi.advanceTimersByTimeAsync(100);
  }
  report.note({ failures: 1, problem: undefined });
  report.add(text("c"));
  await vi.advanceTimersByTimeAsync(100);
  report.note({ step: 1 });
  for (const piece of ["d", "e"]) {
    report.add(text(piece));
    await vi.advanceTimersByTimeAsync(100);
  }
  await report.end({ failures: undefined });
  const parts = told.map(({ events = [] }) => events.map((event) => (event as { text: string }).text).join());
  expect(parts).toEqual(["a", "b", "c", "d", "e", ""]);
  expect(told.map(({ metadata }) => metadata)).toEqual([
    undefined,
    undefined,
    undefined,
    { failures: 1, step: 1 },
    undefined,
    { step: 1 },
  ]);
});

it("takes out at once what was told of it while it was offered to others", async () => {
  const { report, told } = reportOn({ step: 1, offers: 2, problem: "Nobody knows its agent." });
  report.add({ type: "text-delta", id: "t", runId: "r", text: "a" });
  await report.end();
  expect(told.map(({ metadata }) => metadata)).toEqual([{ step: 1 }]);
});
