import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "@beseda/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { memoryBatches } from "../batches/rounds/memory-batches.fake.ts";
import { createJobs } from "../create-jobs.ts";
import { localEngine } from "../engines/local/local-engine.ts";
import { LaterService, said } from "../journal/later-service.fake.ts";

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
