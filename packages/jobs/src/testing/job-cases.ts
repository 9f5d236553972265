// Cases of a JobEngine: how jobs are kept, found, called off, woken and deleted.
import assert from "node:assert/strict";
import type { JobEngine, JsonValue } from "@beseda/core";
import { hostileValue, oddNames, oddText } from "@beseda/core/testing";
import { abortOf, claimNow, found, newJob, refused, working } from "./claim-now.ts";

/** Those that storages with file names or keys of limited length can be asked for. */
const oddIds = oddNames.filter((name) => name.length < 1_000);

const ids = (jobs: readonly { id: string }[]) => jobs.map(({ id }) => id);

export const jobCases: Record<string, (engine: JobEngine) => Promise<void>> = {
  "gives a new job back as it was stored": async (engine) => {
    const given = newJob("job", { labels: { threadId: "t", of: "x" }, spec: hostileValue() });
    const job = await engine.create(given);
    assert.deepEqual(await engine.get("job"), job);
    assert.equal(JSON.stringify(job.spec), JSON.stringify(hostileValue()));
    const { queue, kind, labels, state, attempts, isCancelled, metadata, inbox } = job;
    assert.deepEqual(
      { queue, kind, labels, state, attempts, isCancelled, metadata, inbox },
      {
        queue: given.queue,
        kind: "run",
        labels: given.labels,
        state: "queued",
        attempts: 0,
        isCancelled: false,
        metadata: {},
        inbox: [],
      },
    );
    assert.ok(!job.outcome && !job.holder);
    for (const time of [job.createdAt, job.modifiedAt, job.runAt]) assert.equal(new Date(time).toISOString(), time);
  },

  "knows nothing of a job that was not created": async (engine) => {
    assert.equal(await engine.get("job"), undefined);
    assert.deepEqual(await engine.list(), []);
    assert.deepEqual(await engine.count(), { queued: 0, running: 0, waiting: 0, done: 0 });
    assert.deepEqual(await engine.events("job"), []);
    await engine.delete("job");
    await assert.rejects(engine.cancel("job"), refused("not-found"));
    await assert.rejects(engine.wake("job", 1), refused("not-found"));
  },

  "leaves a job of the same id as it is, and gives that back": async (engine) => {
    const first = await engine.create(newJob("job", { spec: 1, labels: { of: "first" } }));
    const second = await engine.create(newJob("job", { spec: 2, kind: "batch", labels: { of: "second" } }));
    assert.deepEqual(second, first);
    assert.deepEqual(await engine.list({ labels: { of: "second" } }), []);
    const lease = await claimNow(engine);
    await lease.finish({ response: 3 });
    assert.deepEqual((await engine.create(newJob("job"))).outcome, { response: 3 });
  },

  "makes one job of many that are created at once under one id": async (engine) => {
    const made = await Promise.all(Array.from({ length: 20 }, (_, n) => engine.create(newJob("job", { spec: n }))));
    assert.equal(new Set(made.map(({ spec }) => spec)).size, 1);
    assert.equal((await engine.list()).length, 1);
  },

  "takes any text as an id and as a label, and mixes no two": async (engine) => {
    for (const id of oddIds) await engine.create(newJob(id, { spec: id, labels: { [`of ${id}`]: id } }));
    for (const id of oddIds) assert.deepEqual((await found(engine, id)).spec, id);
    assert.deepEqual(ids(await engine.list()), [...oddIds].reverse());
    for (const id of oddIds) assert.deepEqual(ids(await engine.list({ labels: { [`of ${id}`]: id } })), [id]);
  },

  "shares nothing with the caller": async (engine) => {
    const spec = { list: [1] };
    const created = engine.create(newJob("job", { spec }));
    spec.list.push(2);
    ((await created).spec as typeof spec).list.push(3);
    ((await found(engine, "job")).spec as typeof spec).list.push(4);
    assert.deepEqual((await found(engine, "job")).spec, { list: [1] });
  },

  "refuses what is no plain data, and a time that is none": async (engine) => {
    const cycle: { [key: string]: JsonValue } = {};
    cycle.itself = cycle;
    await assert.rejects(engine.create(newJob("job", { spec: cycle })), refused("invalid-argument"));
    for (const runAt of ["soon", "0", "-1", "2026", "2026-02-31T00:00:00Z", "2026-01-31T08:00:00"]) {
      await assert.rejects(engine.create(newJob("job", { runAt })), refused("invalid-argument"), runAt);
    }
    assert.equal(await engine.get("job"), undefined);
  },

  "refuses what should be a text and is none, and nobody else's change with it": async (engine) => {
    const lease = await working(engine, "mine");
    const none = 5 as unknown as string;
    const signal = AbortSignal.timeout(1);
    const bad: (() => Promise<unknown>)[] = [
      () => engine.create(newJob("job", { labels: { n: none } })),
      () => engine.create(newJob("job", { queue: none })),
      () => engine.create(newJob("job", { kind: none })),
      () => engine.create(newJob("job", { runAt: none })),
      () => engine.create(newJob(none)),
      () => engine.get(none),
      () => engine.wake(none, 1),
      () => engine.cancel(none),
      () => engine.delete(none),
      () => engine.events(none),
      () => engine.list({ labels: { n: none } }),
      () => engine.count({ kind: none }),
      () => engine.claim({ queue: none, kinds: ["run"], signal }),
      () => engine.claim({ queue: "other", kinds: [none], signal }),
      () => lease.read(none),
      () => lease.write([[none, 1]]),
      () => lease.release(none),
    ];
    for (const [n, call] of bad.entries()) {
      const good = [lease.write([[`key ${n}`, n]]), engine.create(newJob(`good ${n}`))] as const;
      await assert.rejects(call(), refused("invalid-argument"), String(call));
      await Promise.all(good);
    }
    assert.equal((await lease.read()).length, bad.length);
    assert.deepEqual(await engine.count(), { queued: bad.length, running: 1, waiting: 0, done: 0 });
  },

  "lists the latest first, as many as are asked for": async (engine) => {
    const made = Array.from({ length: 120 }, (_, n) => `job ${n}`);
    for (const id of made) await engine.create(newJob(id));
    const latest = [...made].reverse();
    assert.deepEqual(ids(await engine.list()), latest.slice(0, 100));
    assert.deepEqual(ids(await engine.list({ limit: 3 })), latest.slice(0, 3));
    assert.deepEqual(ids(await engine.list({ limit: 1_000 })), latest);
  },

  "lists in the order of creation where that is asked for": async (engine) => {
    for (const id of ["c", "a", "b"]) await engine.create(newJob(id, { labels: { of: id === "b" ? "y" : "x" } }));
    assert.deepEqual(ids(await engine.list({ oldestFirst: true })), ["c", "a", "b"]);
    assert.deepEqual(ids(await engine.list({ oldestFirst: true, limit: 2 })), ["c", "a"]);
    assert.deepEqual(ids(await engine.list({ oldestFirst: true, labels: { of: "x" } })), ["c", "a"]);
    assert.deepEqual(ids(await engine.list({ oldestFirst: false })), ["b", "a", "c"]);
  },

  "lists as many as a whole number says, and takes no other": async (engine) => {
    await engine.create(newJob("job"));
    assert.deepEqual(await engine.list({ limit: 0 }), []);
    for (const limit of [Number.POSITIVE_INFINITY, 1.5, Number.NaN, -1]) {
      await assert.rejects(engine.list({ limit }), refused("invalid-argument"), `${limit}`);
    }
  },

  "lists and counts what meets all that is named": async (engine) => {
    await engine.create(newJob("a", { labels: { threadId: "1", of: "x" } }));
    await engine.create(newJob("b", { labels: { threadId: "1" } }));
    await engine.create(newJob("c", { kind: "batch", labels: { threadId: "1", of: "x" } }));
    await engine.create(newJob("d", { labels: { threadId: "1%", of: "x" } }));
    await (await claimNow(engine)).finish({ response: null });
    assert.deepEqual(ids(await engine.list({ labels: { threadId: "1" } })), ["c", "b", "a"]);
    assert.deepEqual(ids(await engine.list({ labels: { threadId: "1", of: "x" } })), ["c", "a"]);
    assert.deepEqual(ids(await engine.list({ labels: { threadId: "1", of: "x" }, kind: "run" })), ["a"]);
    assert.deepEqual(ids(await engine.list({ kind: "run", state: "queued" })), ["d", "b"]);
    assert.deepEqual(ids(await engine.list({ state: "done" })), ["a"]);
    assert.deepEqual(ids(await engine.list({ labels: { threadId: "%" } })), []);
    assert.deepEqual(await engine.count(), { queued: 3, running: 0, waiting: 0, done: 1 });
    assert.deepEqual(await engine.count({ kind: "batch" }), { queued: 1, running: 0, waiting: 0, done: 0 });
    assert.deepEqual(await engine.count({ labels: { threadId: "1" } }), { queued: 2, running: 0, waiting: 0, done: 1 });
  },

  "calls a job off at once that nobody works on": async (engine) => {
    await (await working(engine, "given back")).release();
    await engine.create(newJob("new"));
    for (const id of ["new", "given back"]) {
      const job = await engine.cancel(id);
      assert.equal(job.state, "done");
      assert.equal(job.isCancelled, true);
      assert.equal(job.outcome?.error?.code, "aborted");
      assert.deepEqual(await engine.get(id), job);
    }
    await engine.create(newJob("next"));
    assert.equal((await claimNow(engine)).job.id, "next");
  },

  "calls a waiting job off at once": async (engine) => {
    await (await working(engine)).wait({});
    assert.equal((await engine.cancel("job")).outcome?.error?.code, "aborted");
    await assert.rejects(engine.wake("job", 1), refused("invalid-argument"));
  },

  "tells whoever works on a job that it is called off, and leaves the end to them": async (engine) => {
    const lease = await working(engine);
    while (new Date().toISOString() === lease.job.modifiedAt) await new Promise(setImmediate);
    const job = await engine.cancel("job");
    assert.equal(job.state, "running");
    assert.equal(job.isCancelled, true);
    assert.deepEqual(await found(engine, "job"), job);
    assert.ok(job.modifiedAt > lease.job.modifiedAt, "modifiedAt does not say that it was called off");
    assert.equal(await abortOf(lease.signal), "aborted");
    await lease.write([["still", "mine"]]);
    assert.deepEqual(await lease.read(), [["still", "mine"]]);
    await lease.finish({ error: { code: "aborted", message: "Stopped in the middle." } });
    assert.equal((await found(engine, "job")).outcome?.error?.message, "Stopped in the middle.");
  },

  "has a job done that was called off and then put down": async (engine) => {
    const first = await working(engine, "first");
    await engine.cancel("first");
    await first.release();
    const second = await working(engine, "second");
    await engine.cancel("second");
    await second.wait({});
    for (const id of ["first", "second"]) {
      const job = await found(engine, id);
      assert.equal(job.state, "done");
      assert.equal(job.outcome?.error?.code, "aborted");
    }
  },

  "leaves a job that is done as it is, whoever calls it off": async (engine) => {
    await (await working(engine)).finish({ response: 1 });
    const job = await engine.cancel("job");
    assert.equal(job.state, "done");
    assert.deepEqual(job.outcome, { response: 1 });
  },

  "wakes a job that waits, with everything that it was woken with": async (engine) => {
    const first = await working(engine);
    await first.wait({ for: oddText });
    const waiting = await found(engine, "job");
    assert.equal(waiting.state, "waiting");
    assert.deepEqual(waiting.metadata, { for: oddText });
    assert.equal(waiting.holder, undefined);
    const woken = await engine.wake("job", hostileValue());
    assert.equal(woken.state, "queued");
    const second = await claimNow(engine);
    await second.wait({});
    await engine.wake("job", null);
    const third = await claimNow(engine);
    assert.equal(JSON.stringify(third.job.inbox), JSON.stringify([hostileValue(), null]));
    assert.equal(third.job.attempts, 3);
  },

  "refuses to wake a job that does not wait": async (engine) => {
    await engine.create(newJob("job"));
    await assert.rejects(engine.wake("job", 1), refused("invalid-argument"));
    const lease = await claimNow(engine);
    await assert.rejects(engine.wake("job", 1), refused("invalid-argument"));
    await lease.finish({ response: 1 });
    await assert.rejects(engine.wake("job", 1), refused("invalid-argument"));
    assert.deepEqual((await found(engine, "job")).inbox, []);
  },

  "deletes the rest of a job whose deletion was cut short, and has its id free for another one": async (engine) => {
    const { files } = engine;
    const wholly = files.delete;
    for (let wasCut = true, at = 1; wasCut; at++) {
      for (const isRepeated of [true, false]) {
        await (await working(engine, "job", { labels: { of: "first" } })).finish({ response: 1 });
        let calls = 0;
        files.delete = async (prefix) => {
          if (++calls < at) return wholly.call(files, prefix);
          const names = calls === at ? await files.list(prefix) : [];
          for (const name of names.slice(0, names.length / 2)) await wholly.call(files, name);
          throw new Error("The process is dead.");
        };
        await engine.delete("job").catch(() => {});
        files.delete = wholly;
        wasCut = calls >= at;
        if (isRepeated) {
          await engine.delete("job");
          assert.equal(await engine.get("job"), undefined);
          assert.deepEqual(await engine.list(), []);
          assert.deepEqual(await engine.count(), { queued: 0, running: 0, waiting: 0, done: 0 });
          assert.deepEqual(await engine.list({ labels: { of: "first" } }), []);
        }
        const next = await working(engine, "job", { spec: 2 });
        assert.deepEqual([next.job.spec, next.job.attempts, await next.read()], [2, 1, []]);
        await next.finish({ response: 2 });
        assert.deepEqual((await found(engine, "job")).outcome, { response: 2 });
        await engine.delete("job");
      }
    }
  },

  "deletes a job with its journal and its events, but not one that is being worked on": async (engine) => {
    const lease = await working(engine, "job", { labels: { of: "first" } });
    await lease.write([["key", 1]]);
    await lease.report({ events: [1] });
    await assert.rejects(engine.delete("job"), refused("locked"));
    assert.deepEqual(await lease.read(), [["key", 1]]);
    await lease.release();
    await engine.delete("job");
    assert.equal(await engine.get("job"), undefined);
    assert.deepEqual(await engine.events("job"), []);
    assert.deepEqual(await engine.list({ labels: { of: "first" } }), []);
    const again = await working(engine);
    assert.equal(again.job.attempts, 1);
    assert.deepEqual(await again.read(), []);
    await again.report({ events: [2] });
    assert.deepEqual(await engine.events("job"), [{ seq: 1, event: 2 }]);
  },
};
