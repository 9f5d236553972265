// How a lease ends.
import type { JobFiles } from "@beseda/core";
import { expect, it } from "vitest";
import { BullmqLease } from "./bullmq-lease.ts";
import { JobLogs } from "./job-log.ts";
import { LeaseJournal } from "./lease-journal.ts";
import { memoryFiles } from "./memory-files.fake.ts";
import type { Delivery } from "./ticket-queue.ts";

it("a job is not given back before what its worker has written is in the journal", async () => {
  const memory = memoryFiles();
  const put: string[] = [];
  let release = () => {};
  const written = new Promise<void>((resolve) => {
    release = resolve;
  });
  const files: JobFiles = {
    ...memory,
    async put(name, bytes) {
      if (name.includes("/journal/")) await written;
      put.push(name);
      return memory.put(name, bytes);
    },
  };
  const logs = new JobLogs(files);
  const at = "2026-01-31T08:00:00.000Z";
  const job = { id: "a", queue: "q", kind: "run", spec: null, runAt: at };
  await logs.begin("jobs/a", { is: "created", at, place: "1.run.a.job", job });
  const facts = await logs.change("jobs/a", () => ({ is: "claimed", at, by: "w", holder: "w" }));
  if (!facts) throw new Error("There is no job.");
  const journal = await LeaseJournal.open(files, { id: "a", folder: "jobs/a", lease: 2 }, [2]);
  const delivery = { ticket: { folder: "jobs/a", number: 1 }, renew: async () => true } as Delivery;
  const lease = new BullmqLease({
    ...{ facts, token: "w", folder: "jobs/a", delivery, journal, logs, lockMs: 60_000 },
    settle: async () => {},
    left: () => {},
  });
  put.length = 0;
  const writing = lease.write([["row/1", "answered"]]);
  const releasing = lease.release();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect(put).toEqual([]);
  release();
  await Promise.all([writing, releasing]);
  expect(put.map((name) => name.includes("/journal/"))).toEqual([true, false]);
});
