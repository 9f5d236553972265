import { getEventListeners } from "node:events";
import { Agent, type JobEngine, type LanguageModel, type ModelEvent } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { expect, it, vi } from "vitest";
import { createJobs } from "./create-jobs.ts";
import { firstSignal } from "./first-signal.ts";
import { Disk, MortalProcess, mortalEngine } from "./operations/mortal-machine.fake.ts";

it("a signal for several is aborted with the first of them, and with none once it has let go", () => {
  const [one, two, late] = [new AbortController(), new AbortController(), new AbortController()];
  const { signal } = firstSignal([one.signal, undefined, two.signal]);
  two.abort("two");
  one.abort("one");
  expect(signal.reason).toBe("two");
  expect(firstSignal([late.signal, one.signal]).signal.reason).toBe("one");
  const left = firstSignal([late.signal]);
  left.letGo();
  late.abort();
  expect(left.signal.aborted).toBe(false);
});

it("a worker keeps nothing of the runs that it has finished", async () => {
  const any = vi.spyOn(AbortSignal, "any");
  const closings = new Set<AbortSignal>();
  const mortal = mortalEngine(new MortalProcess(new Disk()));
  const engine: JobEngine = {
    ...mortal,
    claim(wanted) {
      closings.add(wanted.signal);
      return mortal.claim(wanted);
    },
  };
  const response: ModelEvent[] = [{ type: "finish", finishReason: "stop" }];
  const operations: NonNullable<LanguageModel["operations"]> = {
    submit: async () => ({ id: "o", done: false }),
    poll: async () => ({ id: "o", done: true, response }),
    cancel: async () => ({ id: "o", done: true, response }),
  };
  const agent = new Agent({ name: "clerk", model: { ...scriptedModel([]), operations } });
  const jobs = createJobs({ engine, agents: [agent] });
  const [closing] = [...closings] as [AbortSignal];
  await (await jobs.start(agent, "Well?")).result();
  const listeners = getEventListeners(closing, "abort").length;
  for (let run = 0; run < 5; run++) await (await jobs.start(agent, "Well?")).result();
  expect(closings.size).toBe(1);
  expect(getEventListeners(closing, "abort")).toHaveLength(listeners);
  expect(any.mock.calls.filter(([sources]) => [...sources].includes(closing))).toEqual([]);
  await jobs.close();
});
