import { Agent, type JobEngine } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createJobs } from "../create-jobs.ts";
import type { Jobs, JobsOptions } from "../jobs.ts";
import { Disk, MortalProcess, mortalEngine } from "../operations/mortal-machine.fake.ts";

const opened: Jobs[] = [];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** With what it wants to take, and when it has taken a run. */
function jobsOn(disk: Disk, options: Omit<JobsOptions, "engine"> = {}) {
  const engine = mortalEngine(new MortalProcess(disk));
  const kinds: string[] = [];
  const times: number[] = [];
  const claim: JobEngine["claim"] = async (wanted) => {
    kinds.push(...wanted.kinds);
    const lease = await engine.claim(wanted);
    if (lease?.job.kind === "run") times.push(Date.now());
    return lease;
  };
  const jobs = createJobs({ engine: { ...engine, claim }, ...options });
  opened.push(jobs);
  return { jobs, kinds, times };
}

const agentOf = (name: string) => new Agent({ name, model: scriptedModel([{ text: "Seen." }]) });

it("a worker takes runs and parts from when it knows an agent", async () => {
  const disk = new Disk();
  const { jobs, kinds } = jobsOn(disk);
  expect(kinds).toEqual(["batch"]);
  const { id } = await jobsOn(disk, { work: false }).jobs.start("cook", "Look.");
  await vi.advanceTimersByTimeAsync(10_000);
  expect(disk.jobs.get(id)?.job).toMatchObject({ state: "queued", metadata: {} });
  await jobs.start(agentOf("scout"), "Look.");
  expect(new Set(kinds)).toEqual(new Set(["batch", "run", "call-off", "part", "later-part"]));
});

it("a run that is for others is offered again soon, then later and later, until somebody works on it", async () => {
  const disk = new Disk();
  const { times } = jobsOn(disk, { agents: [agentOf("cook")] });
  const operation = await jobsOn(disk, { work: false }).jobs.start("scout", "Look.");
  const random = vi.spyOn(Math, "random").mockReturnValue(1);
  await vi.advanceTimersByTimeAsync(20_000);
  random.mockReturnValue(0);
  await vi.advanceTimersByTimeAsync(6_000);
  const pauses = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 2_500]);
  expect((await operation.poll()).metadata).toMatchObject({ offers: 10, problem: expect.stringContaining("scout") });
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()));

  jobsOn(disk, { agents: [agentOf("scout")] });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(await operation.poll()).toMatchObject({ response: { text: "Seen." } });
  expect(Object.keys(operation.metadata)).not.toContain("offers");
  expect(operation.metadata.problem).toBeUndefined();
});
