// What the pump does at awkward moments; how it works is seen in the tests of a part.
import { BesedaError, type Lease, noUsage } from "@beseda/core";
import { afterEach, expect, it, vi } from "vitest";
import { Halt } from "./halt.ts";
import type { PartLog } from "./part-log.ts";
import type { FedRow, RowFeed } from "./row-feed.ts";
import { type PumpOptions, RowPump } from "./row-pump.ts";
import { RowSlots } from "./slots.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

function pumpWith(log: Partial<PartLog>, run: PumpOptions["run"]) {
  const lease = { signal: new AbortController().signal } as Lease;
  const halt = new Halt(lease, new AbortController().signal);
  const slots = new RowSlots(1);
  const pump = new RowPump({ log: log as PartLog, slots, seat: slots.seat(1), halt, run });
  return { pump, halt, slots };
}

const fed = (line: number) => ({ line, row: {}, work: { beginAgain() {} }, attempt: 1 }) as unknown as FedRow;

it("comes to an end where it is halted while a row is fetched and another one is put off", async () => {
  const away = new BesedaError("Away.", { code: "unavailable", isRetryable: true });
  const progress = { rows: 3, finished: 0, failed: 0, usage: noUsage };
  const { pump, halt } = pumpWith({ progress }, async () => ({ result: {} as never, error: away }));
  let fetched = 0;
  const feed: Partial<RowFeed> = {
    settle() {},
    async next() {
      if (++fetched === 2) {
        await new Promise(setImmediate);
        halt.now({ why: "closing" });
      }
      return fed(fetched);
    },
  };
  await pump.run(feed as RowFeed);
  expect(fetched).toBe(2);
  expect(halt.stop).toEqual({ why: "closing" });
});

it("gives its place back where a row that is tried alone cannot be marked", async () => {
  vi.spyOn(performance, "now").mockReturnValue(3_600_000);
  const full = async () => Promise.reject(new Error("The disk is full."));
  const { pump, halt, slots } = pumpWith({ begin: full }, async () => ({ parked: true }));
  await pump.runAlone([fed(1)]);
  expect(halt.stop).toMatchObject({ why: "failed" });
  expect(await slots.seat(2).take({ isAlone: true })).toBe(true);
});
