// How a lease ends.
import type { JobFiles } from "@beseda/core";
import { afterEach, expect, it, vi } from "vitest";
import { BullmqLease } from "./bullmq-lease.ts";
import { JobLogs } from "./job-log.ts";
import { LeaseJournal } from "./lease-journal.ts";
import { memoryFiles } from "./memory-files.fake.ts";
import type { Delivery } from "./ticket-queue.ts";

afterEach(() => {
  vi.useRealTimers();
});

const at = "2026-01-31T08:00:00.000Z";
const lockMs = 60_000;

/** A lease on the job `a`; `renew` is what the server answers. */
async function held(files: JobFiles, renew: Delivery["renew"]): Promise<{ lease: BullmqLease; logs: JobLogs }> {
  const logs = new JobLogs(files);
  const job = { id: "a", queue: "q", kind: "run", spec: null, runAt: at };
  await logs.begin("jobs/a", { is: "created", at, place: "1.run.a.job", job });
  const facts = await logs.change("jobs/a", () => ({ is: "claimed", at, by: "w", holder: "w" }));
  if (!facts) throw new Error("There is no job.");
  const journal = await LeaseJournal.open(files, { id: "a", folder: "jobs/a", lease: 2 }, [2]);
  const delivery = { ticket: { folder: "jobs/a", number: 1 }, renew } as Delivery;
  const settle = async () => {};
  const lease = new BullmqLease({
    ...{ facts, token: "w", folder: "jobs/a", delivery, journal, logs, lockMs, settle },
    left: () => {},
  });
  return { lease, logs };
}

const taken = (logs: JobLogs, by: string) => logs.change("jobs/a", () => ({ is: "claimed", at, by, holder: by }));

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
  const { lease } = await held(files, async () => true);
  put.length = 0;
  const writing = lease.write([["row/1", "answered"]]);
  const releasing = lease.release();
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect(put).toEqual([]);
  release();
  await Promise.all([writing, releasing]);
  expect(put.map((name) => name.includes("/journal/"))).toEqual([true, false]);
});

it("an attempt does not count whose lease the server lost, though another worker has the job by the time it is noticed", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  let isHeld = true;
  const { lease, logs } = await held(memoryFiles(), async () => isHeld);
  await vi.advanceTimersByTimeAsync(lockMs);
  isHeld = false;
  const other = await taken(logs, "other");
  expect(other?.job.attempts).toBe(2);
  await vi.advanceTimersByTimeAsync(lockMs / 3);
  expect(lease.signal.reason).toMatchObject({ code: "locked" });
  await vi.waitFor(async () => expect((await logs.read("jobs/a"))?.job.attempts).toBe(1));
  expect(await logs.read("jobs/a")).toMatchObject({ holder: "other", job: { state: "running", modifiedAt: at } });
  // It is told once, whatever is asked of the lease then.
  await expect(lease.release()).rejects.toMatchObject({ code: "locked" });
  expect((await taken(logs, "third"))?.job.attempts).toBe(2);
});

it("an attempt counts whose worker stood still until it had lost its lease, as of one that died", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  const files = memoryFiles();
  const { lease, logs } = await held(files, async () => false);
  lease.fallSilent();
  await vi.advanceTimersByTimeAsync(lockMs + 1);
  await expect(lease.read()).rejects.toMatchObject({ code: "locked" });
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  expect((await logs.read("jobs/a"))?.job.attempts).toBe(1);
});
