import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, BesedaError } from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { memoryEngine } from "../batches/part/memory-engine.fake.ts";
import { memoryBatches } from "../batches/rounds/memory-batches.fake.ts";
import { createJobs } from "../create-jobs.ts";
import { localEngine } from "../engines/local/local-engine.ts";
import { LaterService, said } from "../journal/later-service.fake.ts";
import { callOffKind, performCallOff } from "./call-off.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beseda-call-off-"));
});
afterEach(() => rm(folder, { recursive: true }));

it("an operation of a service is called off with a run that nobody works on, by whoever works next", async () => {
  const cancelled: string[] = [];
  const waiting = (id: string) => ({ id, done: false });
  const agentOf = () =>
    new Agent({
      name: "later",
      model: {
        provider: "later",
        modelId: "one",
        stream() {
          throw new Error("It is asked by operations.");
        },
        operations: {
          submit: async () => waiting("op-1"),
          poll: async (id) => waiting(id),
          cancel: async (id) => {
            cancelled.push(id);
            return { id, done: true };
          },
        },
      },
    });
  const first = createJobs({ engine: localEngine(folder), agents: [agentOf()] });
  const { id } = await first.start("later", "Well?", { pollMs: 10 });
  await vi.waitFor(async () => expect((await first.attach(id)).metadata.withService).toBeDefined());
  await first.close();
  expect(cancelled).toEqual([]);

  const idle = createJobs({ engine: localEngine(folder), work: false });
  expect(await (await idle.attach(id)).cancel()).toMatchObject({ done: true, error: { code: "aborted" } });
  await idle.close();
  const next = createJobs({ engine: localEngine(folder), agents: [agentOf()] });
  await vi.waitFor(() => expect(cancelled).toEqual(["op-1"]));
  await next.close();
});

it("a batch of the provider is called off with a batch of rows that nobody works on", async () => {
  const cancelled: string[] = [];
  const modelOf = () => {
    const model = memoryBatches(() => [{ type: "finish", finishReason: "stop" }], { unfinished: 1e9 });
    model.batches.cancel = async (id) => {
      cancelled.push(id);
      return { id, done: true };
    };
    return model;
  };
  const agentOf = () => new Agent({ name: "rows", model: modelOf() });
  const first = createJobs({ engine: localEngine(folder) });
  const output = join(folder, "out.parquet");
  const { id } = await first.batch(agentOf(), [{ prompt: "Hi" }], { output, calls: "batch", pollMs: 10 });
  const parts = localEngine(folder);
  await vi.waitFor(
    async () => {
      const part = await parts.get(`${id}-000001`);
      expect(part?.metadata.withService).toMatchObject([{ as: "batch", id: "batch-1" }]);
    },
    { timeout: 4_000 },
  );
  await parts.close();
  await first.close();

  const idle = createJobs({ engine: localEngine(folder), work: false });
  expect(await (await idle.attach(id)).cancel()).toMatchObject({ done: true });
  await idle.close();
  const next = createJobs({ engine: localEngine(folder), agents: [agentOf()] });
  await vi.waitFor(() => expect(cancelled).toEqual(["batch-1"]));
  await next.close();
});

it("the operations of rows are called off with a batch that nobody works on, and those that were fetched are not", async () => {
  const service = new LaterService(() => said("Well."), { polls: 1 });
  const cancelled: string[] = [];
  const { operations, ...model } = service.model;
  if (!operations) throw new Error("It has no operations.");
  const cancel: typeof operations.cancel = (id) => {
    cancelled.push(id);
    return operations.cancel(id);
  };
  // Three are answered, the others are not.
  const poll: typeof operations.poll = async (id) => (/[123]$/.test(id) ? operations.poll(id) : { id, done: false });
  const agentOf = () => new Agent({ name: "rows", model: { ...model, operations: { ...operations, poll, cancel } } });
  const rows = Array.from({ length: 8 }, (_, row) => ({ prompt: `row ${row}` }));
  const first = createJobs({ engine: localEngine(folder) });
  const output = join(folder, "out.parquet");
  const { id } = await first.batch(agentOf(), rows, { output, calls: "async", pollMs: 10 });
  const known = () => [service.begun.length, service.orphans.length];
  await vi.waitFor(() => expect(known()).toEqual([8, 5]));
  await first.close();
  expect(service.orphans).toHaveLength(5);

  const idle = createJobs({ engine: localEngine(folder), work: false });
  expect(await (await idle.attach(id)).cancel()).toMatchObject({ done: true, error: { code: "aborted" } });
  await idle.close();
  const next = createJobs({ engine: localEngine(folder), agents: [agentOf()] });
  await vi.waitFor(() => expect(service.orphans).toEqual([]));
  expect(cancelled).toHaveLength(5);
  await next.close();
});

describe("what its service does not call off yet, such as what waits for its turn there,", () => {
  const left = async () => {
    const model = memoryBatches(() => [{ type: "finish", finishReason: "stop" }]);
    let isPending = true;
    const cancelled: string[] = [];
    model.batches.cancel = async (id) => {
      if (isPending) throw new BesedaError("It is PENDING.", { code: "rejected" });
      cancelled.push(id);
      return { id, done: true };
    };
    const agents = new Map([["rows", new Agent({ name: "rows", model })]]);
    const engine = memoryEngine();
    const begun = [{ as: "batch", model: "test:batched", id: "batch-1" }];
    const spec = { jobId: "gone", agentName: "rows", begun };
    await engine.create({ id: "off", queue: "q", kind: callOffKind, spec });
    const closing = new AbortController().signal;
    const tryOnce = async () => {
      const lease = await engine.claim({ queue: "q", kinds: [callOffKind], signal: closing });
      if (!lease) throw new Error("It is not offered any more.");
      await performCallOff(lease, { engine, queue: "q", agents, agentsOfBatches: new Map(), closing });
      return engine.get("off");
    };
    const work = () => {
      isPending = false;
    };
    return { tryOnce, work, cancelled };
  };

  it("is called off later", async () => {
    const { tryOnce, work, cancelled } = await left();
    for (let time = 0; time < 10; time++) {
      expect(await tryOnce()).toMatchObject({ state: "queued", metadata: { problem: "It is PENDING." } });
    }
    work();
    expect(await tryOnce()).toMatchObject({ state: "done", outcome: { response: null } });
    expect(cancelled).toEqual(["batch-1"]);
  });

  it("is left after a day, with the reason", async () => {
    const { tryOnce } = await left();
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 25 * 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    expect(await tryOnce()).toMatchObject({ state: "done", outcome: { error: { message: "It is PENDING." } } });
  });
});
