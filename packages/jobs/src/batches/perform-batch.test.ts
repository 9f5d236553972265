import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, BesedaError, type Job, type JobEngine, type JobError, type JsonValue, type Lease } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { localEngine } from "../engines/local/local-engine.ts";
import type { BatchOptions, BatchSpec, InputRow, PartResult, PartSpec } from "./batch.ts";
import { startBatch } from "./begin/start-batch.ts";
import { LatestLimits } from "./latest-limits.ts";
import { readJsonLines, sealed, writeJsonLines } from "./part/json-lines.ts";
import { jsonOfEach } from "./part/json-of-each.fake.ts";
import { performBatch } from "./perform-batch.ts";
import { performPart } from "./perform-part.ts";

let dir: string;
let engine: JobEngine;
let closing: AbortController;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-batch-"));
  engine = localEngine(join(dir, "jobs"));
  closing = new AbortController();
});

afterEach(async () => {
  closing.abort();
  await engine.close();
  vi.restoreAllMocks();
  await rm(dir, { recursive: true });
});

const agent = new Agent({ name: "a", model: scriptedModel([]) });
const queue = "default";

function begin(rows: number, options: Partial<BatchOptions> = {}): Promise<Job> {
  const questions = Array.from({ length: rows }, (_, index) => ({ prompt: `Question ${index}` }));
  return startBatch({ engine, queue }, agent, questions, { output: join(dir, "out.parquet"), ...options });
}

async function claimed(kind: string): Promise<Lease> {
  const lease = await engine.claim({ queue, kinds: [kind], signal: closing.signal });
  if (!lease) throw new Error(`There is no ${kind} to claim.`);
  return lease;
}

/** Works on the batch until it stops; `closed` is what closes this worker alone. */
async function perform(closed: AbortSignal = closing.signal): Promise<Job> {
  const lease = await claimed("batch");
  const place = { engine, queue, agents: new Map([["a", agent]]), agentsOfBatches: new Map(), closing: closed };
  await performBatch(lease, place);
  return (await engine.get(lease.job.id)) as Job;
}

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

/** Does what a worker does with a part, and says which one it was. */
async function answerPart(): Promise<number> {
  const lease = await claimed("part");
  const { input, output, part, rows } = lease.job.spec as unknown as PartSpec;
  const results = async function* () {
    for await (const { number, cells } of readJsonLines<InputRow>(input, engine.files.get(input))) {
      const known = { number, cells, response: "Yes.", reasoning: null, toolCalls: [], finishReason: "stop", usage };
      yield { ...known, error: null, model: "m:m", steps: 1, attempts: 1, milliseconds: 5 };
    }
  };
  await engine.files.put(output, sealed(writeJsonLines(jsonOfEach(results()))));
  const total = { inputTokens: 3 * rows, outputTokens: 2 * rows, totalTokens: 5 * rows };
  const response: PartResult = { rows, finished: rows, failed: 0, usage: total, providerBatches: 2 };
  await lease.finish({ response: response as unknown as JsonValue });
  return part;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

const partsIn = async (state: Job["state"]) => (await engine.count({ kind: "part" }))[state];

it("a batch of many parts has no more than 64 of them as jobs at a time", { timeout: 60_000 }, async () => {
  await begin(34_000);
  const performed = perform();
  await until(async () => (await partsIn("queued")) === 64);
  await answerPart();
  await answerPart();
  await until(async () => (await partsIn("done")) === 0 && (await partsIn("queued")) === 64);
  closing.abort();
  expect(await performed).toMatchObject({ state: "queued", metadata: { finished: 1_000, rows: 34_000 } });
});

it("a part that is done out of its turn is seen, however many before it wait for a worker", async () => {
  await begin(4_000);
  const performed = perform();
  await until(async () => (await partsIn("queued")) === 8);
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  for (let part = 1; part < 8; part++) await (await claimed("part")).release(inAnHour);
  expect(await answerPart()).toBe(8);
  await until(async () => (await partsIn("done")) === 0);
  closing.abort();
  expect(await performed).toMatchObject({ state: "queued", metadata: { finished: 500, rows: 4_000 } });
});

it("a batch that is taken up again finds what is done, also what was done while nobody looked, and begins no part twice", async () => {
  await begin(1_300);
  const first = new AbortController();
  const performed = perform(first.signal);
  const answered = [await answerPart()];
  await until(async () => (await engine.count({ kind: "part" })).done === 0);
  first.abort();
  expect(await performed).toMatchObject({ state: "queued" });
  answered.push(await answerPart());
  const again = perform();
  answered.push(await answerPart());
  expect(await again).toMatchObject({
    state: "done",
    attempts: 1,
    metadata: { state: "done", finished: 1_300, usage: { totalTokens: 6_500 } },
    outcome: { response: { rows: 1_300, answered: 1_300, usage: { totalTokens: 6_500 } } },
  });
  expect(answered.sort()).toEqual([1, 2, 3]);
});

it("a worker that has lost a batch begins none of its parts, though those that it began are done and gone by now", async () => {
  await begin(1_300);
  const lease = await claimed("batch");
  const lost = new BesedaError("The lease is lost.", { code: "locked" });
  let isLost = false;
  const unlessLost = (call: () => Promise<void>) => (isLost ? Promise.reject(lost) : call());
  const losing: Lease = {
    job: lease.job,
    signal: lease.signal,
    read: (prefix) => lease.read(prefix),
    write: (entries) => unlessLost(() => lease.write(entries)),
    report: (news) => unlessLost(() => lease.report(news)),
    finish: (outcome) => unlessLost(() => lease.finish(outcome)),
    wait: (metadata) => unlessLost(() => lease.wait(metadata)),
    release: (runAt) => unlessLost(() => lease.release(runAt)),
  };
  const place = { engine, queue, agents: new Map([["a", agent]]), agentsOfBatches: new Map(), closing: closing.signal };
  const refused = expect(performBatch(losing, place)).rejects.toBe(lost);
  await until(async () => (await partsIn("queued")) === 3);
  isLost = true;
  for (const { id } of await engine.list({ kind: "part" })) await engine.delete(id);
  await refused;
  expect(await partsIn("queued")).toBe(0);
});

it("a part that cannot be gone on with, such as with a damaged journal, stops the batch; resumed, it alone begins anew", async () => {
  await begin(1_300);
  const performed = perform();
  const damaged = await claimed("part");
  const error: JobError = { code: "damaged", message: "jobs.db is damaged.", hint: "Put it back from a copy." };
  await damaged.finish({ error });
  const answered = [await answerPart(), await answerPart()];
  expect(await performed).toMatchObject({
    state: "waiting",
    metadata: { state: "stopped", finished: 800, stopped: error },
  });
  await begin(1_300, { resume: true });
  const again = perform();
  answered.push(await answerPart());
  expect(await again).toMatchObject({ state: "done", outcome: { response: { rows: 1_300 } } });
  expect(answered.sort()).toEqual([1, 2, 3]);
});

it("files that are away for a while are no reason to wait for somebody: the batch is tried again", async () => {
  await begin(10);
  const away = new BesedaError("The bucket is away.", { code: "unavailable", isRetryable: true });
  const files = { ...engine.files, list: () => Promise.reject(away), get: () => failing(away) };
  const place = { engine, queue, agents: new Map(), agentsOfBatches: new Map(), closing: closing.signal };
  const awayWhenDone = Object.create(engine, {
    files: { get: () => (isAnswered ? files : engine.files) },
  }) as JobEngine;
  let isAnswered = false;
  const performed = expect(performBatch(await claimed("batch"), { ...place, engine: awayWhenDone })).rejects.toBe(away);
  await answerPart();
  isAnswered = true;
  await performed;
});

it("how long it was worked on is known but for a minute to whoever goes on after a death", async () => {
  await begin(10);
  const lease = await claimed("batch");
  const place = { engine, queue, agents: new Map(), agentsOfBatches: new Map(), closing: closing.signal };
  const performed = performBatch(lease, place);
  await until(async () => (await partsIn("queued")) === 1);
  const real = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => real() + 3_600_000);
  await until(async () => {
    const [[, seconds] = []] = await lease.read("seconds");
    return Number(seconds) > 3_600;
  });
  closing.abort();
  await performed;
});

it("how long it was worked on is known to whoever goes on where it was stopped", async () => {
  await begin(10);
  const stop = new AbortController();
  const performed = perform(stop.signal);
  await until(async () => (await partsIn("queued")) === 1);
  const real = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => real() + 30_000);
  stop.abort();
  await performed;
  const [[, seconds] = []] = await (await claimed("batch")).read("seconds");
  expect(Number(seconds)).toBeGreaterThan(29);
});

it("what parts were told is what the batch was resumed with last", async () => {
  await begin(10, { concurrency: 3 });
  await begin(10, { concurrency: 7, maxTokens: 5_000, resume: true });
  const performed = perform();
  const part = await claimed("part");
  expect(part.job.spec).toMatchObject({ concurrency: 7, maxTokens: 5_000, rows: 10, part: 1, calls: "sync" });
  await part.wait({ finished: 4, usage, stopped: "budget" });
  expect(await performed).toMatchObject({
    state: "waiting",
    metadata: {
      stopped: { message: expect.stringContaining("has used 5 tokens and stops at its budget: maxTokens 5000") },
    },
  });
  await begin(10, { concurrency: 7, maxTokens: 9_000, resume: true });
  const again = perform();
  const limits = await LatestLimits.of(engine, (await claimed("part")).job.spec as unknown as BatchSpec);
  expect(limits.now).toEqual({ concurrency: 7, maxTokens: 9_000 });
  closing.abort();
  await again;
});

it("a part that waits goes on when the batch is resumed while others of its parts are worked on", async () => {
  await begin(600, { maxTokens: 5 });
  const performed = perform();
  const waiting = await claimed("part");
  const working = await claimed("part");
  await waiting.wait({ finished: 1, usage, stopped: "budget", limits: 0 });
  await begin(600, { maxTokens: 9_000, resume: true });
  expect((await claimed("part")).job).toMatchObject({ id: waiting.job.id, inbox: [null] });
  expect((await engine.list({ kind: "batch" }))[0]?.state).toBe("running");
  await working.release();
  closing.abort();
  await performed;
});

it("a part that waits for somebody waits on where another worker takes up its batch, and goes on when that is resumed", async () => {
  await begin(600);
  const first = new AbortController();
  const performed = perform(first.signal);
  const waiting = await claimed("part");
  const working = await claimed("part");
  const error: JobError = { code: "damaged", message: "Its results are damaged.", hint: "Put them back." };
  await waiting.wait({ finished: 0, usage, stopped: "refused", error, limits: 0 } as unknown as Record<
    string,
    JsonValue
  >);
  first.abort();
  await performed;
  await working.release();
  const again = perform();
  await answerPart();
  expect(await again).toMatchObject({ state: "waiting", metadata: { stopped: error } });
  expect(await engine.get(waiting.job.id)).toMatchObject({ state: "waiting", inbox: [] });
  await begin(600, { resume: true });
  const last = perform();
  await answerPart();
  expect(await last).toMatchObject({ state: "done" });
});

it("a part that has stopped under limits that are not the latest any more goes on, though they were set before it has", async () => {
  const { id } = await begin(10, { maxTokens: 5, concurrency: 3 });
  const first = new AbortController();
  const performed = perform(first.signal);
  const part = await claimed("part");
  await begin(10, { maxTokens: 9_000, concurrency: 7, resume: true });
  await until(async () => (await engine.get(id))?.metadata.concurrency === 7);
  await part.wait({ finished: 1, usage, stopped: "budget", limits: 0 });
  expect((await claimed("part")).job).toMatchObject({ id: part.job.id, inbox: [null] });
  first.abort();
  await performed;
});

it("a worker whose agent is another one by now answers no row of the batch, and leaves it to others", async () => {
  await begin(10);
  const performed = perform();
  const part = await claimed("part");
  const model = scriptedModel([]);
  const other = new Agent({ name: "a", model, instructions: "Be rude." });
  const place = { engine, queue, agents: new Map([["a", other]]), agentsOfBatches: new Map(), closing: closing.signal };
  await performPart(part, place);
  expect(await engine.get(part.job.id)).toMatchObject({
    state: "queued",
    metadata: { problem: expect.stringContaining("is not the one that the batch was begun with") },
  });
  expect(model.requests).toEqual([]);
  closing.abort();
  await performed;
});

it("parts are called off with the batch", async () => {
  const { id } = await begin(1_300);
  const performed = perform();
  const part = await claimed("part");
  await engine.cancel(id);
  expect(await performed).toMatchObject({ state: "done", outcome: { error: { code: "aborted" } } });
  expect(part.signal.aborted).toBe(true);
  expect(await partsIn("queued")).toBe(0);
});

async function* failing(error: BesedaError): AsyncGenerator<Uint8Array> {
  yield await Promise.reject(error);
}
