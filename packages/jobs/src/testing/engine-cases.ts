// What every JobEngine has to do, as cases that any test runner can run.
import type { JobEngine, Lease } from "@beseda/core";
import { type ConformanceCase, type Skipped, withoutSkipped } from "@beseda/core/testing";
import { jobCases } from "./job-cases.ts";
import { jobFilesCases } from "./job-files-cases.ts";
import { journalCases } from "./journal-cases.ts";
import { lostLeaseCases } from "./lost-lease-cases.ts";
import { reopenCases } from "./reopen-cases.ts";
import { workerCases } from "./worker-cases.ts";

export type EngineHarness<Opened extends JobEngine> = {
  /** Closes what `open` gave and opens the same place again, as after a restart. For engines that outlive the process. */
  reopen?: (engine: Opened) => Opened | Promise<Opened>;
  /** Lets the worker of the lease fall silent for so long that others may take its job. It hears nothing of that. */
  loseLease?: (lease: Lease, engine: Opened) => void | Promise<void>;
  /** Called at the end of each case. `close` of the engine, unless given. */
  close?: (engine: Opened) => void | Promise<void>;
  skip?: Skipped;
};

/**
 * `for (const { name, run } of engineCases(() => localEngine(newFolder()))) it(name, run)`
 *
 * `open` gives an engine without jobs and files, another one for each case. Nothing in the cases depends on how long
 * something takes; one whose claim is false may wait until the time limit of the test runner.
 */
export function engineCases<Opened extends JobEngine>(
  open: () => Opened | Promise<Opened>,
  { reopen, loseLease, close = (engine) => engine.close(), skip }: EngineHarness<Opened> = {},
): ConformanceCase[] {
  const during = async (work: (engine: Opened) => Promise<Opened>) => {
    let engine = await open();
    try {
      engine = await work(engine);
    } finally {
      await close(engine);
    }
  };
  const inEngine = Object.entries({ ...jobCases, ...workerCases, ...journalCases }).map(([name, check]) => ({
    name,
    run: () => during(async (engine) => check(engine).then(() => engine)),
  }));
  const losing = Object.entries(loseLease ? lostLeaseCases : {}).map(([name, check]) => ({
    name,
    run: () =>
      during(async (engine) => {
        await check(engine, async (lease) => loseLease?.(lease, engine));
        return engine;
      }),
  }));
  const reopening = Object.entries(reopen ? reopenCases : {}).map(([name, { before, after }]) => ({
    name,
    run: () =>
      during(async (engine) => {
        await before(engine);
        const again = (await reopen?.(engine)) ?? engine;
        await after(again);
        return again;
      }),
  }));
  const ofFiles = jobFilesCases(async () => {
    const engine = await open();
    return { files: engine.files, close: () => close(engine) };
  });
  return withoutSkipped([...inEngine, ...losing, ...reopening, ...ofFiles], skip);
}
