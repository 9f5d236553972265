// A database that fails at any one call, and a disk that is full.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import type { BesedaError, JobEngine, JsonValue, Lease } from "@beseda/core";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { newFolder, removeFolders } from "../../files/try-folder.fake.ts";
import { localEngine, localEngineOn } from "./local-engine.ts";
import { loadLibsql } from "./open-libsql.ts";
import { type OpenSqlite, resultCodes, SqliteFailure } from "./sqlite-driver.ts";
import { machineClock } from "./worker-table.ts";

afterAll(removeFolders);

const libsql = await loadLibsql();
const never = new AbortController().signal;

describe("a database that fails at any one call, once or from then on", { timeout: 60_000 }, () => {
  for (const isLasting of [false, true]) {
    it(`${isLasting ? "for good" : "once"}: loses nothing that was promised, and what was kept can be read`, async () => {
      const prepared = newFolder();
      const before = localEngine(prepared);
      await before.create({ id: "old", queue: "other", kind: "run", spec: 1 });
      await before.close();
      let hasFailed = true;
      // What fails for good is the same for many a step.
      for (let step = 1; hasFailed; step += isLasting ? 5 : 1) {
        const folder = newFolder();
        fs.copyFileSync(join(prepared, "jobs.db"), join(folder, "jobs.db"));
        hasFailed = await failAt(step, isLasting, folder);
        expect(step).toBeLessThan(500);
      }
    });
  }
});

/** Runs a small story with the `step`-th call failing, then reads with a good database what is there. */
async function failAt(step: number, isLasting: boolean, folder: string): Promise<boolean> {
  let calls = 0;
  const failing = watched(() => {
    calls++;
    if (isLasting ? calls >= step : calls === step) throw new SqliteFailure("disk I/O error", resultCodes.ioError);
  });
  const engine = localEngineOn({ sqlite: async () => failing, now: machineClock }, folder);
  const promised = new Map<string, JsonValue>();
  let lease: Lease | undefined;
  const story: [work: () => Promise<unknown>, then?: () => void][] = [
    [() => engine.create({ id: "job", queue: "q", kind: "run", spec: 1 })],
    [async () => (lease = (await engine.get("job")) && (await engine.claim(wanted(AbortSignal.timeout(2_000)))))],
    [async () => lease?.write([["a", 1]]), () => lease && promised.set("a", 1)],
    [
      async () =>
        lease?.write([
          ["a", 2],
          ["b", 2],
        ]),
      () => lease && promised.set("a", 2).set("b", 2),
    ],
    [async () => lease?.report({ metadata: { n: 1 }, events: [1] })],
    [async () => lease?.release()],
  ];
  for (const [work, then] of story) {
    await work().then(
      () => then?.(),
      (thrown: BesedaError) => {
        expect(thrown, `call ${step}`).toMatchObject({ code: "unavailable", message: expect.stringContaining(folder) });
      },
    );
  }
  await engine.close().catch(() => {});
  expect(await journalAfter(folder), `call ${step}`).toMatchObject(Object.fromEntries(promised));
  return calls >= step;
}

/** With a clock for which the leases of the failing engine are over. */
async function journalAfter(folder: string): Promise<Record<string, JsonValue>> {
  const engine = localEngineOn({ sqlite: async () => libsql, now: () => machineClock() + 3_600_000 }, folder);
  expect(await engine.get("old")).toMatchObject({ spec: 1 });
  const isThere = (await engine.get("job")) !== undefined;
  const lease = isThere ? await engine.claim(wanted(never)) : undefined;
  const entries = Object.fromEntries((await lease?.read()) ?? []);
  await engine.close();
  return entries;
}

function wanted(signal: AbortSignal): Parameters<JobEngine["claim"]>[0] {
  return { queue: "q", kinds: ["run"], signal };
}

/** The real library, with `before` called ahead of each call. Undoing and closing must not fail, or nothing could end. */
function watched(before: () => void): OpenSqlite {
  return (path, options) => {
    before();
    const database = libsql(path, options);
    return {
      exec(sql) {
        if (sql !== "ROLLBACK") before();
        database.exec(sql);
      },
      prepare(sql) {
        before();
        const statement = database.prepare(sql);
        return {
          run(...values) {
            before();
            return statement.run(...values);
          },
          all(...values) {
            before();
            return statement.all(...values);
          },
        };
      },
      close: () => database.close(),
    };
  };
}

const disks: string[] = [];

/** A disk of 2 MB in memory, where this user may mount one. */
function smallDisk(): string | undefined {
  const folder = newFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  disks.push(folder);
  return folder;
}

afterEach(() => {
  for (const disk of disks.splice(0)) execFileSync("umount", ["-l", disk]);
});

const canMount = smallDisk() !== undefined;

describe.skipIf(!canMount)(canMount ? "a full disk" : "a full disk, which this user may not mount,", () => {
  const isFull = { code: "unavailable", isRetryable: true, message: expect.stringContaining("the disk is full") };

  it("refuses what has no room, keeps all that was promised, and goes on when there is room", async () => {
    const folder = smallDisk() ?? "";
    const ballast = join(folder, "ballast");
    const engine = localEngine(folder);
    await engine.create({ id: "job", queue: "q", kind: "run", spec: null });
    const lease = await engine.claim(wanted(never));
    if (!lease) throw new Error("There is no lease.");
    fs.writeFileSync(ballast, Buffer.alloc(1_000_000));
    let promised = 0;
    const write = () =>
      lease.write([[`row/${promised}`, { promised, text: "x".repeat(20_000) }]]).then(() => promised++);
    const fill = async () => {
      for (;;) await write();
    };
    await expect(fill()).rejects.toMatchObject({ ...isFull, hint: expect.stringContaining("Make room") });
    expect(promised).toBeGreaterThan(5);
    expect(await lease.read()).toHaveLength(promised);
    await expect(engine.files.put("large", [Buffer.alloc(1_500_000)])).rejects.toMatchObject(isFull);
    expect(await engine.files.list("")).toEqual([]);
    fs.rmSync(ballast);
    await write();
    expect((await lease.read()).map(([, value]) => (value as { promised: number }).promised)).toEqual(
      Array.from({ length: promised }, (_, n) => n),
    );
    await lease.finish({ response: promised });
    await engine.close();
    const again = localEngine(folder);
    expect((await again.get("job"))?.outcome).toEqual({ response: promised });
    await again.close();
  });

  it("that is full from the start is named when the folder is opened", async () => {
    const folder = smallDisk() ?? "";
    try {
      fs.writeFileSync(join(folder, "ballast"), Buffer.alloc(3_000_000));
    } catch {
      // As much as there is room for.
    }
    const engine = localEngine(join(folder, "jobs"));
    await expect(engine.list()).rejects.toMatchObject(isFull);
    fs.rmSync(join(folder, "ballast"));
    expect(await engine.list()).toEqual([]);
    await engine.close();
  });
});
