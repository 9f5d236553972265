// Cases of a JobEngine: a worker that stood still for so long that another one has its job.
import assert from "node:assert/strict";
import type { JobEngine, Lease } from "@beseda/core";
import { abortOf, claimNow, found, newJob, refused, working } from "./claim-now.ts";

type LoseLease = (lease: Lease) => Promise<void>;

export const lostLeaseCases: Record<string, (engine: JobEngine, lose: LoseLease) => Promise<void>> = {
  "gives the job of a worker that fell silent to another one, with its journal": async (engine, lose) => {
    const first = await working(engine);
    await first.write([["key", 1]]);
    await first.report({ metadata: { rows: 1 }, events: ["one"] });
    await lose(first);
    const second = await claimNow(engine);
    assert.equal(second.job.id, "job");
    assert.equal(second.job.attempts, 2);
    assert.deepEqual(second.job.metadata, { rows: 1 });
    assert.deepEqual(await second.read(), [["key", 1]]);
    await second.report({ events: ["two"] });
    assert.equal((await engine.events("job")).length, 2);
  },

  "refuses every call of a worker that has lost its job, and changes nothing": async (engine, lose) => {
    const first = await working(engine);
    await first.write([["key", 1]]);
    await lose(first);
    const second = await claimNow(engine);
    const before = await found(engine, "job");
    const calls: (() => Promise<unknown>)[] = [
      () => first.write([["key", 2]]),
      () => first.write([["key", undefined]]),
      () => first.read(),
      () => first.report({ metadata: { stale: true }, events: ["stale"] }),
      () => first.finish({ response: "stale" }),
      () => first.wait({ stale: true }),
      () => first.release(),
    ];
    for (const call of calls) await assert.rejects(call(), refused("locked"));
    assert.equal(await abortOf(first.signal), "locked");
    assert.equal(second.signal.aborted, false);
    assert.deepEqual(await second.read(), [["key", 1]]);
    assert.deepEqual(await engine.events("job"), []);
    assert.deepEqual(await found(engine, "job"), before);
    await second.finish({ response: 1 });
    for (const call of calls) await assert.rejects(call(), refused("locked"));
    assert.deepEqual((await found(engine, "job")).outcome, { response: 1 });
  },

  "lets one of many have the job of a worker that fell silent": async (engine, lose) => {
    const stop = new AbortController();
    await lose(await working(engine));
    const claims = Array.from({ length: 10 }, () =>
      engine.claim({ queue: "work", kinds: ["run"], signal: stop.signal }),
    );
    const winner = await Promise.race(claims);
    assert.equal(winner?.job.id, "job");
    await engine.create(newJob("next"));
    const settled = claims.map((claim) => claim.then((lease) => lease?.job.id));
    await Promise.race(
      claims.map((claim) => claim.then((lease) => (lease === winner ? new Promise(() => {}) : lease))),
    );
    stop.abort();
    const got = (await Promise.all(settled)).filter((id) => id !== undefined);
    assert.deepEqual(got.sort(), ["job", "next"]);
  },

  "gives a job on whose worker had fallen silent before it took it, and then dies": async (engine, lose) => {
    await lose(await working(engine));
    const second = await claimNow(engine);
    await second.write([["key", 2]]);
    await lose(second);
    const third = await claimNow(engine);
    assert.equal(third.job.id, "job");
    assert.equal(third.job.attempts, 3);
    assert.deepEqual(await third.read(), [["key", 2]]);
    await assert.rejects(second.write([["key", 3]]), refused("locked"));
  },

  "has a job done that was called off and whose worker fell silent": async (engine, lose) => {
    const first = await working(engine);
    await lose(first);
    const job = await engine.cancel("job");
    assert.equal(job.isCancelled, true);
    await engine.create(newJob("next"));
    assert.equal((await claimNow(engine)).job.id, "next");
    await assert.rejects(first.finish({ response: "stale" }), refused("locked"));
    assert.equal((await found(engine, "job")).outcome?.error?.code, "aborted");
  },
};
