import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Agent, type JobEngine, type LanguageModel, withDefaults } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createJobs } from "../create-jobs.ts";
import type { Cells } from "../datasets/dataset.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import { writeDataset } from "../datasets/write-dataset.ts";
import { localEngine } from "../engines/local/local-engine.ts";
import type { Jobs } from "../jobs.ts";
import type { BatchOptions, BatchSource } from "./batch.ts";
import { withBatches, withOperations, wordAgent, wordModel } from "./batch-models.fake.ts";

let dir: string;
let engine: JobEngine;
let jobs: Jobs;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-batch-"));
  open();
});

afterEach(async () => {
  await jobs.close();
  await rm(dir, { recursive: true });
});

function open(): void {
  engine = localEngine(join(dir, "jobs"));
  jobs = createJobs({ engine });
}

const inDir = (name: string) => join(dir, name);
const output = () => inDir("out.parquet");

const words = ["a", "bee", "elephant", "ox"];
const rowsOf = (prompts: readonly string[]) => prompts.map((prompt, index) => ({ place: index + 1, prompt }));

const agents = new WeakMap<LanguageModel, Agent>();
const plain = wordModel();

/** Of one model there is one agent. */
async function begin(source: BatchSource, options: Partial<BatchOptions> = {}, model: LanguageModel = plain) {
  const agent = agents.get(model) ?? wordAgent(model, `words ${Math.random()}`);
  agents.set(model, agent);
  return jobs.batch(agent, source, { output: output(), pollMs: 5, ...options });
}

async function cellsOf(path = output()): Promise<Cells[]> {
  const all: Cells[] = [];
  for await (const rows of (await openDataset(path)).rows()) for (const { cells } of rows) if (cells) all.push(cells);
  return all;
}

const answersOf = (cells: readonly Cells[]) => cells.map(({ response }) => response);
const answers = words.map((word) => `It has ${word.length} letters.`);

describe("a batch", () => {
  it("gives each row what the whole agent came to, tools included, beside the columns of the data set", async () => {
    const result = await (await begin(rowsOf(words))).result();
    expect(result).toMatchObject({ rows: 4, answered: 4, failed: 0, output: output() });
    const cells = await cellsOf();
    expect(Object.keys(cells[0] ?? {})).toEqual([
      "place",
      "prompt",
      "response",
      "reasoning",
      "tool_calls",
      "finish_reason",
      "usage",
      "cost",
      "error",
      "model",
      "attempts",
    ]);
    expect(cells[1]).toMatchObject({
      place: 2,
      prompt: "bee",
      response: "It has 3 letters.",
      reasoning: "Counted.",
      finish_reason: "stop",
      usage: { input_tokens: 6, output_tokens: 4, total_tokens: 10, reasoning_tokens: null },
      cost: { RUB: 1 },
      error: null,
      model: "scripted:scripted",
      attempts: 1,
      tool_calls: [{ id: "call-bee", name: "length_of", input: '{"word":"bee"}', output: "3", is_error: false }],
    });
  });

  it("answers as generate() does, in each of the three ways to ask a model", async () => {
    const generated = await Promise.all(words.map(async (word) => (await wordAgent().generate(word)).text));
    expect(generated).toEqual(answers);
    const ways = [
      ["sync", wordModel()],
      ["async", withOperations(wordModel())],
      ["batch", withBatches(wordModel())],
    ] as const;
    for (const [calls, model] of ways) {
      await (await begin(rowsOf(words), { calls, output: inDir(`${calls}.parquet`) }, model)).result();
      expect(answersOf(await cellsOf(inDir(`${calls}.parquet`)))).toEqual(generated);
    }
  });

  it("takes the batches of a service that has them: one for each step of the agent, whatever the number of rows", async () => {
    const model = withBatches(wordModel());
    const result = await (await begin(rowsOf(Array.from({ length: 60 }, () => "word")), {}, model)).result();
    expect(model.begun).toBe(2);
    expect(JSON.parse(await readFile(result.manifest, "utf8"))).toMatchObject({ calls: "batch", providerBatches: 2 });
  });

  it("keeps the order of the rows over many parts that are worked on side by side", { timeout: 60_000 }, async () => {
    const prompts = Array.from({ length: 1_020 }, (_, index) => "x".repeat(1 + (index % 40)));
    await (await begin(rowsOf(prompts), { concurrency: 64 })).result();
    const cells = await cellsOf();
    expect(cells.map(({ place }) => place)).toEqual(prompts.map((_, index) => index + 1));
    expect(answersOf(cells)).toEqual(prompts.map(({ length }) => `It has ${length} letters.`));
  });

  it("keeps the types of the data set's columns: times, lists of structs, integers beyond a number, nulls", async () => {
    const columns = [
      { name: "prompt", type: "string" },
      { name: "at", type: "timestamp" },
      { name: "big", type: "int" },
      { name: "parts", type: { list: { struct: { name: "string", share: "double" } } } },
    ] as const;
    const writer = await writeDataset(inDir("in.parquet"), { columns });
    const rows = [
      { prompt: "bee", at: "2026-03-01T10:00:00.123456Z", big: "9007199254740993", parts: [{ name: "a", share: 0.5 }] },
      { prompt: "ox", at: null, big: null, parts: null },
    ];
    await writer.write(rows);
    await writer.close();
    await (await begin(inDir("in.parquet"))).result();
    const dataset = await openDataset(output());
    expect(dataset.columns?.slice(0, 4)).toEqual(columns);
    expect(await cellsOf()).toMatchObject(rows);
  });

  it("gives a row that fails its error, and the others their answers", async () => {
    const result = await (await begin(rowsOf(["bee", "no", "ox"]))).result();
    expect(result).toMatchObject({ rows: 3, answered: 2, failed: 1 });
    const cells = await cellsOf();
    expect(cells[1]).toMatchObject({
      response: null,
      finish_reason: "error",
      error: { code: "rejected", message: "No such word.", hint: "Take another." },
    });
    expect(cells.filter(({ error }) => error === null)).toHaveLength(2);
    expect(JSON.parse(await readFile(result.manifest, "utf8"))).toMatchObject({ errors: { rejected: 1 } });
  });

  it("says in its manifest what it was made of and what it came to, and bad rows that were left out", async () => {
    await writeFile(inDir("in.jsonl"), '{"prompt":"bee"}\noops\n{"prompt":"ox"}\n');
    const { manifest: path, report } = await (await begin(inDir("in.jsonl"), { skipBad: true })).result();
    const manifest = JSON.parse(await readFile(path, "utf8"));
    expect(manifest).toMatchObject({
      format: 1,
      output: output(),
      rows: 2,
      answered: 2,
      failed: 0,
      finishReasons: { stop: 2 },
      usage: { inputTokens: 12, outputTokens: 8, totalTokens: 20 },
      cost: { RUB: 2 },
      steps: 4,
      toolCalls: 2,
      attempts: { rows: 2, batch: 1 },
      calls: "sync",
      models: [{ model: "scripted:scripted", rows: 2 }],
      agent: { facts: { maxSteps: 10 } },
      versions: { beseda: "0.1.0", node: process.versions.node },
    });
    expect(manifest.dataset).toMatchObject({
      name: inDir("in.jsonl"),
      rows: 3,
      badRows: { count: 1, first: [{ number: 2 }] },
    });
    expect(manifest.dataset.hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await readFile(report, "utf8")).toMatch(/^<!doctype html>/);
  });

  it("leaves nothing but its three files, and of the operation what is listed", async () => {
    const operation = await begin(rowsOf(words));
    await operation.result();
    await jobs.close();
    open();
    expect((await readdir(dir)).sort()).toEqual(["jobs", "out.manifest.json", "out.parquet", "out.report.html"]);
    expect(await engine.files.list("batches/")).toEqual([]);
    expect(await engine.list({ kind: "part" })).toEqual([]);
    expect((await jobs.list()).map(({ id, done }) => [id, done])).toEqual([[operation.id, true]]);
    expect(operation.metadata).toMatchObject({ state: "done", rows: 4, finished: 4, usage: { totalTokens: 40 } });
  });
});

describe("a batch that stops", () => {
  it("at its budget waits, says so, and goes on with a larger one where it was", async () => {
    const prompts = Array.from({ length: 40 }, () => "word");
    const stopped = await begin(rowsOf(prompts), { concurrency: 2, maxCost: { RUB: 10 } });
    await expect(stopped.result()).rejects.toMatchObject({
      message: expect.stringMatching(/has used .* RUB and stops at its budget: maxCost 10 RUB/),
      hint: expect.stringContaining("--resume"),
    });
    expect(stopped.state).toBe("waiting");
    expect(stopped.metadata).toMatchObject({ state: "stopped", stopped: { code: "rate-limited" } });
    const spent = Number(stopped.metadata?.finished);
    expect(spent).toBeGreaterThanOrEqual(9);
    expect(spent).toBeLessThan(14);
    const resumed = await begin(rowsOf(prompts), { resume: true, maxCost: { RUB: 1_000 } });
    expect(resumed.id).toBe(stopped.id);
    expect(await resumed.result()).toMatchObject({ rows: 40, answered: 40, usage: { cost: { RUB: 40 } } });
  });

  it("because its process closes goes on in another one with what it had", async () => {
    let asked = 0;
    let enough: (() => void) | undefined;
    const tenAsked = new Promise<void>((resolve) => {
      enough = resolve;
    });
    const counted: LanguageModel = {
      ...plain,
      stream: (request, options) => {
        if (++asked === 10) enough?.();
        return plain.stream(request, options);
      },
    };
    const prompts = Array.from({ length: 60 }, () => "word");
    const begun = await begin(rowsOf(prompts), { concurrency: 2 }, counted);
    await tenAsked;
    await jobs.close();
    open();
    expect((await engine.get(begun.id))?.state).toBe("queued");
    const result = await (await begin(rowsOf(prompts), { resume: true }, counted)).result();
    expect(result).toMatchObject({ rows: 60, answered: 60 });
    expect(asked).toBe(120);
  });

  it("because its output cannot be written waits, and loses no row", async () => {
    await mkdir(inDir("there"));
    let asked = 0;
    const gone: LanguageModel = {
      ...wordModel(),
      async *stream(request, options) {
        if (asked++ === 0) await rename(inDir("there"), inDir("gone"));
        yield* wordModel().stream(request, options);
      },
    };
    const place = { output: inDir("there/out.parquet") };
    const stopped = await begin(rowsOf(words), place, gone);
    await expect(stopped.result()).rejects.toMatchObject({
      message: expect.stringContaining("there/out.parquet cannot be written (ENOENT)"),
    });
    await rename(inDir("gone"), inDir("there"));
    await (await begin(rowsOf(words), { ...place, resume: true }, gone)).result();
    expect(asked).toBe(8);
    expect(answersOf(await cellsOf(place.output))).toEqual(answers);
  });

  it("because it is called off calls off its parts, and goes on with resume", async () => {
    let hangs = true;
    const hanging: LanguageModel = {
      ...plain,
      async *stream(request, { signal } = {}) {
        if (hangs) await new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
        yield* plain.stream(request);
      },
    };
    const begun = await begin(rowsOf(words), {}, hanging);
    while ((await engine.list({ kind: "part", state: "running" })).length === 0) await new Promise(setImmediate);
    await begun.cancel();
    await expect(begun.result()).rejects.toMatchObject({ code: "aborted" });
    for (;;) {
      const parts = await engine.list({ kind: "part" });
      if (parts.every(({ state }) => state === "done")) break;
      await new Promise(setImmediate);
    }
    hangs = false;
    await (await begin(rowsOf(words), { resume: true }, hanging)).result();
    expect(answersOf(await cellsOf())).toEqual(answers);
  });
});

describe("a process with several batches", () => {
  it("answers each by its own model, though they have one name", async () => {
    const saying = (text: string): LanguageModel => scriptedModel(() => ({ text }));
    const batches = await Promise.all(
      ["one", "two"].map((text) => jobs.batch(saying(text), rowsOf(words), { output: inDir(`${text}.parquet`) })),
    );
    for (const batch of batches) await batch.result();
    for (const text of ["one", "two"]) {
      expect(answersOf(await cellsOf(inDir(`${text}.parquet`)))).toEqual(words.map(() => text));
    }
  });

  it("does not go on with a model that has other defaults", async () => {
    const at = (temperature: number) =>
      withDefaults(
        scriptedModel(() => ({ text: "x" })),
        { settings: { temperature } },
      );
    await (await jobs.batch(at(0), rowsOf(words), { output: output(), maxTokens: 1 })).wait();
    const going = jobs.batch(at(1), rowsOf(words), { output: output(), resume: true });
    await expect(going).rejects.toThrow(/defaults of the model was .*"temperature":0.* and is .*"temperature":1/);
    await (await jobs.batch(at(0), rowsOf(words), { output: output(), resume: true })).result();
  });

  it("begins others while some wait for the batches of their service", async () => {
    const model = withBatches(wordModel());
    const { batches } = model;
    if (!batches) throw new Error("It takes no batches.");
    let isOver = false;
    const slow = {
      ...model,
      batches: { ...batches, poll: async (id: string) => ({ id, done: isOver, response: {} }) },
    };
    const waiting = await Promise.all(
      Array.from({ length: 5 }, (_, index) => begin(rowsOf(words), { output: inDir(`slow-${index}.parquet`) }, slow)),
    );
    while (model.begun < 5) await new Promise(setImmediate);
    await (await begin(rowsOf(words))).result();
    expect(waiting.map(({ done }) => done)).not.toContain(true);
    isOver = true;
    for (const batch of waiting) await batch.result();
  });

  it("leaves all but two parts to other workers where rows are answered at once", async () => {
    const prompts = Array.from({ length: 1_600 }, () => "no");
    const hanging: LanguageModel = {
      ...plain,
      async *stream(_request, { signal } = {}) {
        yield await new Promise<never>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
      },
    };
    const begun = await begin(rowsOf(prompts), { concurrency: 2 }, hanging);
    while ((await engine.list({ kind: "part" })).length < 4) await new Promise(setImmediate);
    while ((await engine.count({ kind: "part" })).running < 2) await new Promise(setImmediate);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(await engine.count({ kind: "part" })).toMatchObject({ running: 2, queued: 2 });
    await begun.cancel();
  });
});

it("a batch is forgotten with its parts and its files, and its output stays", async () => {
  const done = await begin(rowsOf(words));
  await done.result();
  const left = await begin(rowsOf(words), { output: inDir("left.parquet"), maxTokens: 1 });
  await left.wait();
  await jobs.delete(done.id);
  await jobs.delete(left.id);
  expect(await jobs.list()).toEqual([]);
  expect(await engine.list()).toEqual([]);
  expect(await engine.files.list("batches/")).toEqual([]);
  expect(await cellsOf()).toHaveLength(4);
});
