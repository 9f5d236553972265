// Cases of a JobEngine: what is there after it was closed and opened again.
import assert from "node:assert/strict";
import type { Job, JobEngine, Lease } from "@beseda/core";
import { hostileValue, oddNames } from "@beseda/core/testing";
import { claimNow, found, never, newJob, queue, refused, working } from "./claim-now.ts";
import { bytesOf, textOf } from "./job-files-cases.ts";

export type ReopenCase = {
  before(engine: JobEngine): Promise<void>;
  after(engine: JobEngine): Promise<void>;
};

export const reopenCases: Record<string, ReopenCase> = {
  "has every job after it was closed and opened again": keepsJobs(),
  "has journal and events after it was closed and opened again": {
    before: async (engine) => {
      const lease = await working(engine);
      await lease.write(oddNames.map((key) => [key, `value of ${key}`]));
      await lease.write([["hostile", hostileValue()]]);
      await lease.write([["room", undefined]]);
      await lease.report({ metadata: { rows: 1 }, events: ["one", hostileValue()] });
      await lease.release();
    },
    after: async (engine) => {
      const lease = await claimNow(engine);
      const entries = [...oddNames.filter((key) => key !== "room").map((key) => [key, `value of ${key}`])];
      const expected = [...entries, ["hostile", hostileValue()]];
      assert.equal(JSON.stringify(await lease.read()), JSON.stringify(expected));
      assert.equal((await engine.events("job")).length, 2);
      assert.deepEqual(lease.job.metadata, { rows: 1 });
    },
  },
  "gives back what is still held when it is closed": {
    before: async (engine) => {
      const lease = await working(engine);
      await lease.write([["key", 1]]);
      const idle = engine.claim({ queue: "empty", kinds: ["run"], signal: new AbortController().signal });
      await engine.close();
      assert.equal(await idle, undefined);
      await assert.rejects(lease.write([["key", 2]]), refused("locked"));
    },
    after: async (engine) => {
      const lease = await claimNow(engine);
      assert.equal(lease.job.attempts, 1);
      assert.deepEqual(await lease.read(), [["key", 1]]);
    },
  },
  "gives back what is being claimed when it is closed": {
    before: async (engine) => {
      // Whatever is made for the first claim is there.
      await (await working(engine, "before")).finish({ response: 1 });
      for (const id of ["a", "b", "c", "d"]) await engine.create(newJob(id));
      const claims: Promise<Lease | undefined>[] = [];
      for (let turns = 0; turns < 4; turns++) {
        claims.push(engine.claim({ queue, kinds: ["run"], signal: never }));
        for (let turn = 0; turn < turns; turn++) await undefined;
      }
      const closing = engine.close();
      for (const lease of await Promise.all(claims)) {
        if (lease) await assert.rejects(lease.write([["key", 1]]), refused("locked"));
      }
      await closing;
    },
    after: async (engine) => {
      const begun: string[] = [];
      for (let n = 0; n < 4; n++) {
        const { job } = await claimNow(engine);
        begun.push(`${job.id}, begun ${job.attempts} times`);
      }
      assert.deepEqual(
        begun.sort(),
        ["a", "b", "c", "d"].map((id) => `${id}, begun 1 times`),
      );
    },
  },
  "has its files after it was closed and opened again": {
    before: async (engine) => {
      await engine.files.put("a/b.jsonl", bytesOf("one"));
      await engine.files.put("a/c.jsonl", bytesOf("two"));
      await engine.files.delete("a/c");
    },
    after: async (engine) => {
      assert.deepEqual(await engine.files.list(""), ["a/b.jsonl"]);
      assert.equal(await textOf(engine.files.get("a/b.jsonl")), "one");
      assert.equal(await engine.files.put("a/b.jsonl", bytesOf("three")), false);
    },
  },
};

function keepsJobs(): ReopenCase {
  let kept: Job[] = [];
  return {
    before: async (engine) => {
      await (await working(engine, "done")).finish({ response: hostileValue() });
      await (await working(engine, "waiting", { labels: { of: "x" } })).wait({ for: "y" });
      await engine.create(newJob("cancelled"));
      await engine.cancel("cancelled");
      await engine.create(newJob("deleted"));
      await engine.delete("deleted");
      await engine.create(newJob("queued", { runAt: "2001-01-01T00:00:00.000Z" }));
      kept = await engine.list();
      assert.equal(kept.length, 4);
    },
    after: async (engine) => {
      assert.equal(JSON.stringify(await engine.list()), JSON.stringify(kept));
      assert.equal((await engine.wake("waiting", 1)).state, "queued");
      const claimed = [(await claimNow(engine)).job.id, (await claimNow(engine)).job.id];
      assert.deepEqual(claimed.sort(), ["queued", "waiting"]);
      assert.deepEqual((await found(engine, "done")).outcome, kept.find(({ id }) => id === "done")?.outcome);
    },
  };
}
