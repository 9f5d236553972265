// Cases of a JobEngine: who gets which job, and how it is put down again.
import assert from "node:assert/strict";
import { setMaxListeners } from "node:events";
import type { JobEngine, JobOutcome, Lease } from "@beseda/core";
import { oddText } from "@beseda/core/testing";
import { claimNow, found, never, newJob, queue, refused, working } from "./claim-now.ts";

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();
/** The same, as clocks in Samoa show it, where it is the day before in the evening. */
const inAnHourElsewhere = () => new Date(Date.now() + (1 - 11) * 3_600_000).toISOString().replace("Z", "-11:00");

export const workerCases: Record<string, (engine: JobEngine) => Promise<void>> = {
  "hands out the oldest job first": async (engine) => {
    for (const id of ["b", "a", "c"]) await engine.create(newJob(id));
    const claimed = [await claimNow(engine), await claimNow(engine), await claimNow(engine)];
    assert.deepEqual(
      claimed.map(({ job }) => job.id),
      ["b", "a", "c"],
    );
  },

  "says in the job who works on it": async (engine) => {
    const lease = await working(engine);
    const job = await found(engine, "job");
    assert.equal(job.state, "running");
    assert.ok(job.holder);
    assert.equal(job.attempts, 1);
    assert.deepEqual(lease.job, job);
    assert.equal(lease.signal.aborted, false);
    await lease.release();
    assert.equal((await found(engine, "job")).holder, undefined);
  },

  "hands out jobs of the wanted queue and kinds only": async (engine) => {
    await engine.create(newJob("other queue", { queue: `${queue}2` }));
    await engine.create(newJob("other kind", { kind: "webhook" }));
    await engine.create(newJob("part", { kind: "part" }));
    await engine.create(newJob("run"));
    const claimed = [await claimNow(engine, ["run", "part"]), await claimNow(engine, ["run", "part"])];
    assert.deepEqual(claimed.map(({ job }) => job.id).sort(), ["part", "run"]);
    assert.equal((await claimNow(engine, ["webhook"])).job.id, "other kind");
    const other = await engine.claim({ queue: `${queue}2`, kinds: ["run"], signal: never });
    assert.equal(other?.job.id, "other queue");
  },

  "gives each job to one of many who claim at once": async (engine) => {
    const stop = new AbortController();
    setMaxListeners(0, stop.signal);
    const got: Lease[] = [];
    const names = Array.from({ length: 10 }, (_, n) => `job ${n}`);
    let all = () => {};
    const haveAll = new Promise<void>((resolve) => {
      all = resolve;
    });
    const claims = Array.from({ length: 20 }, async () => {
      const lease = await engine.claim({ queue, kinds: ["run"], signal: stop.signal });
      if (lease) got.push(lease);
      if (got.length === names.length) all();
      return lease;
    });
    await Promise.all(names.map((name) => engine.create(newJob(name))));
    await haveAll;
    stop.abort();
    const ended = await Promise.all(claims);
    assert.equal(ended.filter((lease) => lease === undefined).length, 10);
    assert.deepEqual(got.map(({ job }) => job.id).sort(), names);
  },

  "waits for a job, and ends with nothing when it is called off": async (engine) => {
    const waiting = claimNow(engine);
    const stop = new AbortController();
    const idle = engine.claim({ queue: "empty", kinds: ["run"], signal: stop.signal });
    await engine.create(newJob("job"));
    assert.equal((await waiting).job.id, "job");
    stop.abort();
    assert.equal(await idle, undefined);
    await engine.create(newJob("left"));
    assert.equal(await engine.claim({ queue, kinds: ["run"], signal: AbortSignal.abort() }), undefined);
    assert.equal((await found(engine, "left")).state, "queued");
    assert.equal((await found(engine, "left")).attempts, 0);
  },

  "gives a job back whose claim is called off in the middle": async (engine) => {
    for (let turns = 0; turns < 12; turns++) {
      const id = `job ${turns}`;
      await engine.create(newJob(id));
      const stop = new AbortController();
      const claim = engine.claim({ queue, kinds: ["run"], signal: stop.signal });
      // One moment after another: in some of them the claim is being written down.
      for (let turn = 0; turn < turns; turn++) await (turn % 2 === 0 ? undefined : new Promise(setImmediate));
      stop.abort();
      await (await claim)?.release();
      const job = await found(engine, id);
      assert.deepEqual([job.state, job.attempts], ["queued", 0], `after ${turns} turns`);
      const lease = await claimNow(engine);
      assert.deepEqual([lease.job.id, lease.job.attempts], [id, 1], `after ${turns} turns`);
    }
  },

  "hands out no job before its time": async (engine) => {
    await engine.create(newJob("in an hour", { runAt: inAnHour() }));
    await engine.create(newJob("in an hour elsewhere", { runAt: inAnHourElsewhere() }));
    await engine.create(newJob("now"));
    await engine.create(newJob("long ago", { runAt: "2001-01-01T03:00:00+03:00" }));
    assert.equal((await found(engine, "long ago")).runAt, "2001-01-01T00:00:00.000Z");
    const first = [await claimNow(engine), await claimNow(engine)];
    assert.deepEqual(first.map(({ job }) => job.id).sort(), ["long ago", "now"]);
    const soon = Date.now() + 200;
    await engine.create(newJob("soon", { runAt: new Date(soon).toISOString() }));
    assert.equal((await claimNow(engine)).job.id, "soon");
    assert.ok(Date.now() >= soon);
    for (const id of ["in an hour", "in an hour elsewhere"]) assert.equal((await found(engine, id)).state, "queued");
  },

  "counts how often a job was begun, but not where it was given back": async (engine) => {
    const first = await working(engine);
    await first.write([["key", 1]]);
    await first.release();
    assert.equal((await found(engine, "job")).state, "queued");
    assert.equal((await found(engine, "job")).attempts, 0);
    const second = await claimNow(engine);
    assert.equal(second.job.attempts, 1);
    assert.deepEqual(await second.read(), [["key", 1]]);
  },

  "gives a job back for later": async (engine) => {
    const runAt = inAnHour();
    await (await working(engine)).release(runAt);
    const job = await found(engine, "job");
    assert.equal(job.state, "queued");
    assert.equal(job.runAt, runAt);
    await engine.create(newJob("next"));
    assert.equal((await claimNow(engine)).job.id, "next");
  },

  "keeps the journal of a job that waits": async (engine) => {
    const lease = await working(engine);
    await lease.write([["key", 1]]);
    await lease.wait({});
    await engine.wake("job", 1);
    assert.deepEqual(await (await claimNow(engine)).read(), [["key", 1]]);
  },

  "keeps the outcome of a job for good, an error with all that is known of it": async (engine) => {
    const outcomes: JobOutcome[] = [
      { response: null },
      { response: { text: oddText, list: [1, { a: null }] } },
      {
        error: {
          code: "rate-limited",
          message: oddText,
          hint: "Wait.",
          isRetryable: true,
          retryAfterMs: 5,
          requestId: "r",
          traceId: "t",
          status: 429,
        },
      },
    ];
    for (const [n, outcome] of outcomes.entries()) {
      await (await working(engine, `job ${n}`)).finish(outcome);
      const job = await found(engine, `job ${n}`);
      assert.equal(job.state, "done");
      assert.deepEqual(job.outcome, outcome);
      assert.equal(job.holder, undefined);
    }
  },

  "refuses every call of a lease that was put down": async (engine) => {
    const ends: ((lease: Lease) => Promise<void>)[] = [
      (lease) => lease.finish({ response: 1 }),
      (lease) => lease.wait({ at: 1 }),
      (lease) => lease.release(inAnHour()),
    ];
    for (const [n, end] of ends.entries()) {
      const lease = await working(engine, `job ${n}`);
      await end(lease);
      const before = await found(engine, `job ${n}`);
      for (const again of [() => lease.read(), () => lease.write([["key", 1]]), () => lease.report({ events: [1] })]) {
        await assert.rejects(again(), refused("locked"));
      }
      for (const again of ends) await assert.rejects(again(lease), refused("locked"));
      assert.deepEqual(await found(engine, `job ${n}`), before);
      assert.deepEqual(await engine.events(`job ${n}`), []);
    }
  },

  "refuses what is no plain data in an outcome, and the job can still be finished": async (engine) => {
    const lease = await working(engine);
    const bad = { response: 1n as unknown as number };
    await assert.rejects(lease.finish(bad), refused("invalid-argument"));
    await assert.rejects(lease.release("soon"), refused("invalid-argument"));
    await lease.finish({ response: 1 });
    assert.deepEqual((await found(engine, "job")).outcome, { response: 1 });
  },
};
