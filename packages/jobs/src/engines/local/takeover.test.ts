import { join } from "node:path";
import type { JobEngine, Lease } from "@beseda/core";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { newFolder, removeFolders } from "../../files/try-folder.fake.ts";
import { localEngine, localEngineOn, type Machine } from "./local-engine.ts";
import { defaultSqlite } from "./open-database.ts";
import { nextOfKind } from "./ready-jobs.ts";
import { machineClock } from "./worker-table.ts";

afterEach(() => {
  vi.useRealTimers();
});
afterAll(removeFolders);

const hour = 3_600_000;
const never = new AbortController().signal;
const atTime = (aheadMs: number): Machine => ({ sqlite: defaultSqlite, now: () => machineClock() + aheadMs });

async function working(engine: JobEngine): Promise<Lease> {
  await engine.create({ id: "job", queue: "q", kind: "run", spec: null });
  const lease = await engine.claim({ queue: "q", kinds: ["run"], signal: new AbortController().signal });
  if (!lease) throw new Error("There is no lease.");
  return lease;
}

/** Every call that changes a job looks first for workers that have fallen silent. */
async function stateFor(engine: JobEngine): Promise<string | undefined> {
  await expect(engine.cancel("no such job")).rejects.toMatchObject({ code: "not-found" });
  return (await engine.get("job"))?.state;
}

it("a clock that is set to another hour or day takes no lease away and prolongs none", async () => {
  const folder = newFolder();
  await using first = disposable(localEngine(folder));
  const lease = await working(first.engine);
  vi.useFakeTimers({ toFake: ["Date"] });
  for (const jump of [hour, -hour, 24 * hour, -24 * hour]) {
    vi.setSystemTime(Date.now() + jump);
    await using other = disposable(localEngineOn(atTime(0), folder));
    expect(await stateFor(other.engine)).toBe("running");
    await lease.write([[`after ${jump}`, 1]]);
  }
  await using later = disposable(localEngineOn(atTime(hour), folder));
  expect(await stateFor(later.engine)).toBe("queued");
  await expect(lease.write([["stale", 1]])).rejects.toMatchObject({ code: "locked" });
});

it("a job that may begin at once may do so whatever is done to the clock on the wall", async () => {
  const folder = newFolder();
  await using only = disposable(localEngine(folder));
  const { engine } = only;
  const next = async () => {
    const lease = await engine.claim({ queue: "q", kinds: ["run"], signal: never });
    return { id: lease?.job.id, release: () => lease?.release() };
  };
  vi.useFakeTimers({ toFake: ["Date"] });
  const now = Date.now();
  await engine.create({
    id: "appointment",
    queue: "q",
    kind: "run",
    spec: null,
    runAt: new Date(now + hour).toISOString(),
  });
  await engine.create({ id: "at once", queue: "q", kind: "run", spec: null });
  vi.setSystemTime(now - hour);
  const first = await next();
  expect(first.id).toBe("at once");
  await first.release();
  vi.setSystemTime(now - 24 * hour);
  expect((await next()).id).toBe("at once");
  vi.setSystemTime(now + hour);
  expect((await next()).id).toBe("appointment");
});

it("the next job is found by an index alone, however many are ready or have an appointment", async () => {
  const folder = newFolder();
  const engine = localEngine(folder);
  await engine.list();
  const database = (await defaultSqlite())(join(folder, "jobs.db"), { busyMs: 1_000 });
  const plan = database
    .prepare(`EXPLAIN QUERY PLAN ${nextOfKind}`)
    .all("q", "run", Date.now())
    .map(({ detail }) => String(detail))
    .filter((detail) => detail.includes("jobs") || detail.includes("B-TREE"));
  database.close();
  await engine.close();
  expect(plan).toEqual([
    "SEARCH jobs USING COVERING INDEX ready_jobs (queue=? AND kind=? AND run_at=?)",
    "SEARCH jobs USING COVERING INDEX ready_jobs (queue=? AND kind=? AND run_at>? AND run_at<?)",
  ]);
});

it("a running job whose worker nobody knows is taken back", async () => {
  const folder = newFolder();
  await using only = disposable(localEngine(folder));
  await working(only.engine);
  const database = (await defaultSqlite())(join(folder, "jobs.db"), { busyMs: 1_000 });
  database.exec("DELETE FROM workers");
  database.close();
  expect(await stateFor(only.engine)).toBe("queued");
});

it("a lease from before the machine was started anew is over", async () => {
  const folder = newFolder();
  // Its machine had been up for an hour longer than this one has.
  await using before = disposable(localEngineOn(atTime(hour), folder));
  const lease = await working(before.engine);
  await using after = disposable(localEngine(folder));
  expect(await stateFor(after.engine)).toBe("queued");
  await expect(lease.read()).rejects.toMatchObject({ code: "locked" });
});

it("a long journal is unreadable at once when its job is done, and goes bit by bit", async () => {
  const folder = newFolder();
  await using only = disposable(localEngine(folder));
  const lease = await working(only.engine);
  await lease.write(Array.from({ length: 1_700 }, (_, n) => [`row/${n}`, n] as const));
  const database = (await defaultSqlite())(join(folder, "jobs.db"), { busyMs: 1_000 });
  const left = database.prepare("SELECT (SELECT count(*) FROM journal) + (SELECT count(*) FROM dropped_journals) AS n");
  await lease.finish({ response: 1 });
  expect(left.all()[0]?.n).toBeGreaterThan(0);
  await expect(lease.read()).rejects.toMatchObject({ code: "locked" });
  await vi.waitUntil(() => left.all()[0]?.n === 0, { timeout: 20_000 });
  database.close();
});

function disposable(engine: JobEngine) {
  return { engine, [Symbol.asyncDispose]: () => engine.close() };
}
