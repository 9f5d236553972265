import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, BesedaError, type JobEngine, type LanguageModel, rateLimited, tool, withDefaults } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { localEngine } from "../../engines/local/local-engine.ts";
import type { BatchEstimate, BatchOptions, BatchSource } from "../batch.ts";
import { withBatches } from "../batch-models.fake.ts";
import { specOf } from "../batch-place.ts";
import { agentOf, startBatch } from "./start-batch.ts";

let dir: string;
let engine: JobEngine;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-batch-"));
  engine = localEngine(join(dir, "jobs"));
});

afterEach(async () => {
  await engine.close();
  await rm(dir, { recursive: true });
});

const inDir = (name: string) => join(dir, name);
const output = () => inDir("out.parquet");

type Kind = { instructions?: string; temperature?: number; toolDescription?: string };

function agentWith({ instructions = "Be brief.", temperature = 0, toolDescription = "Adds." }: Kind = {}) {
  const add = tool({ name: "add", description: toolDescription, inputSchema: { type: "object" }, execute: () => 2 });
  return new Agent({ name: "a", model: scriptedModel([]), instructions, settings: { temperature }, tools: [add] });
}

function offlineLike(cost: Readonly<Record<string, number>>): LanguageModel {
  return { ...scriptedModel([]), costOf: () => cost };
}

const rows = [{ prompt: "one" }, { prompt: "two" }];

function start(source: BatchSource = rows, options: Partial<BatchOptions> = {}, agent = agentWith()) {
  return startBatch({ engine, queue: "default" }, agent, source, { output: output(), ...options });
}

async function refused(beginning: Promise<unknown>): Promise<BesedaError> {
  const error = await beginning.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BesedaError);
  expect(await engine.files.list("batches/")).toEqual(await keptFiles());
  return error as BesedaError;
}

/** Of batches that were begun before. */
async function keptFiles(): Promise<string[]> {
  const folders = (await engine.list({ kind: "batch" })).map((job) => specOf(job).folder);
  return (await Promise.all(folders.map((folder) => engine.files.list(`${folder}/`)))).flat().sort();
}

/** What a worker would do with it. */
async function finished(outcome: { response: object } | { error: { code: "aborted"; message: string } }) {
  const lease = await engine.claim({ queue: "default", kinds: ["batch"], signal: new AbortController().signal });
  await lease?.finish(outcome as Parameters<typeof lease.finish>[0]);
}

describe("what a batch is not begun with", () => {
  const cases: [claim: string, options: Partial<BatchOptions> | object, message: RegExp, hint: RegExp][] = [
    ["an output that is no Parquet file", { output: "answers.csv" }, /output cannot be "answers.csv"/, /\.parquet/],
    ["no output", { output: undefined }, /output cannot be undefined/, /Parquet/],
    ["a concurrency that is no number", { concurrency: "many" }, /concurrency cannot be "many"/, /from 1 to/],
    ["a concurrency of nothing", { concurrency: 0 }, /concurrency cannot be 0/, /from 1 to/],
    ["a budget below nothing", { maxTokens: -5 }, /maxTokens cannot be -5/, /above 0/],
    ["a cost without a currency", { maxCost: { roubles: 5 } }, /maxCost cannot be {"roubles":5}/, /RUB/],
    ["a cost where no prices are known", { maxCost: { RUB: 5 } }, /costs in RUB is not known\. maxCost/, /maxTokens/],
    ["calls that the model has not", { calls: "async" }, /has no operations/, /sync/],
    ["batches that the model has not", { calls: "batch" }, /takes no batches/, /sync/],
  ];
  it.each(cases)("%s", async (_claim, options, message, hint) => {
    const error = await refused(start(rows, options as BatchOptions));
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(hint);
  });

  it("a cost in a currency in which no price is told, or below that of the smallest batch; a free model has no such", async () => {
    const priced = (costOf: NonNullable<LanguageModel["costOf"]>) =>
      new Agent({ model: { ...withBatches(scriptedModel([])), costOf } });
    const twenty = priced((_usage, calls) => ({ RUB: calls === "batch" ? 20 : 0.01 }));
    expect(await refused(start(rows, { maxCost: { RUB: 50, USD: 5 } }, twenty))).toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("costs in USD is not known: its prices are in RUB."),
    });
    const { message, hint } = await refused(start(rows, { maxCost: { RUB: 19 } }, twenty));
    expect(message).toMatch(/A batch of .* costs 20 RUB at least: maxCost 19 is less/);
    expect(hint).toMatch(/calls: sync/);
    expect((await start(rows, { maxCost: { RUB: 19 }, calls: "sync" }, twenty)).state).toBe("queued");
    for (const cost of [{}, { USD: 0 }]) {
      const output = inDir(`free-${Object.keys(cost).length}.parquet`);
      const free = rateLimited(withDefaults(offlineLike(cost), {}), { requestsPerMinute: 60 });
      expect((await start(rows, { maxCost: { RUB: 1 }, output }, new Agent({ model: free }))).state).toBe("queued");
    }
  });

  it("an output in a folder that is not there, or that is a directory", async () => {
    expect((await refused(start(rows, { output: inDir("no/out.parquet") }))).message).toContain(
      `no folder ${inDir("no")}`,
    );
    await mkdir(inDir("dir.parquet"));
    expect((await refused(start(rows, { output: inDir("dir.parquet") }))).message).toMatch(/is a directory/);
  });

  it("an output that is there, unless it is to be replaced", async () => {
    await writeFile(output(), "precious");
    const error = await refused(start());
    expect(error).toMatchObject({ code: "invalid-argument", message: `${output()} is there already.` });
    expect(error.hint).toContain("overwrite");
    expect((await start(rows, { overwrite: true })).state).toBe("queued");
    expect(await readFile(output(), "utf8")).toBe("precious");
  });

  it("a data set that is not there, is a directory, is empty, or is the output as well", async () => {
    expect((await refused(start(inDir("no.jsonl")))).message).toContain(`no file ${inDir("no.jsonl")}`);
    await mkdir(inDir("folder.jsonl"));
    expect((await refused(start(inDir("folder.jsonl")))).message).toMatch(/folder\.jsonl is a directory/);
    await writeFile(inDir("empty.jsonl"), "");
    expect((await refused(start(inDir("empty.jsonl")))).message).toMatch(/empty\.jsonl is empty/);
    expect((await refused(start([]))).message).toMatch(/has no row that can be asked/);
    expect((await refused(start(output()))).message).toMatch(/is the data set/);
  });

  it("a data set that would be replaced, by whatever paths and links it is named, and by a file beside the output", async () => {
    const row = '{"prompt":"one"}\n';
    await mkdir(inDir("real"));
    await symlink(inDir("real"), inDir("link"));
    await writeFile(inDir("real/a.parquet"), row);
    await writeFile(inDir("real/a.manifest.json"), row);
    await symlink(inDir("real/a.parquet"), inDir("b.parquet"));
    const over = { output: inDir("link/a.parquet"), overwrite: true };
    for (const source of ["link/a.parquet", "b.parquet", "real/a.parquet", "link/a.manifest.json"]) {
      expect((await refused(start(inDir(source), over))).message).toMatch(/real\/a\..* is the data set/);
    }
    expect(await readFile(inDir("real/a.parquet"), "utf8")).toBe(row);
  });

  it("an output whose name leaves no room for those of the files beside it", async () => {
    const error = await refused(start(rows, { output: inDir(`${"ж".repeat(106)}.parquet`) }));
    expect(error).toMatchObject({ code: "invalid-argument", hint: expect.stringContaining("219 bytes") });
    await start(rows, { output: inDir(`${"ж".repeat(105)}.parquet`) });
  });

  it("rows that are none, each told by its number and reason, before anything is paid for", async () => {
    const lines = ['{"prompt":"fine"}', "{oops", '{"prompt":"  "}', '{"prompt":"a","prompt":"b"}'];
    await writeFile(inDir("in.jsonl"), lines.join("\n"));
    const error = await refused(start(inDir("in.jsonl")));
    expect(error.message).toMatch(/in\.jsonl: 3 rows cannot be asked: row 2: it is not JSON/);
    expect(error.message).toContain("row 3: prompt is empty");
    expect(error.message).toContain("row 4: it has two columns “prompt”");
    expect(error.hint).toMatch(/--skip-bad/);
    const many = Array.from({ length: 50 }, () => "no").join("\n");
    await writeFile(inDir("bad.jsonl"), many);
    const all = await refused(start(inDir("bad.jsonl")));
    expect(all.message).toMatch(/50 rows cannot be asked.*row 20: .*and 30 more/);
    expect(all.message).not.toContain("row 21:");
  });

  it("a data set of bad rows alone, though they are skipped", async () => {
    await writeFile(inDir("bad.jsonl"), "no\nno\n");
    const error = await refused(start(inDir("bad.jsonl"), { skipBad: true }));
    expect(error.message).toMatch(/no row that can be asked: all 2 are bad/);
  });

  it("an estimate that is not confirmed", async () => {
    const error = await refused(start(rows, { confirm: async () => false }));
    expect(error).toMatchObject({ code: "aborted", message: "The batch was not confirmed; nothing was begun." });
    expect(await engine.list({ kind: "batch" })).toEqual([]);
  });
});

describe("a batch that is begun", () => {
  it("leaves out bad rows where it is told to, and remembers them", async () => {
    await writeFile(inDir("in.jsonl"), '{"prompt":"fine"}\n{oops\n{"prompt":"too"}\n');
    const spec = specOf(await start(inDir("in.jsonl"), { skipBad: true }));
    expect(spec).toMatchObject({ rows: 2, parts: 1, badRows: { count: 1, first: [{ number: 2 }] } });
  });

  it("is estimated first: rows, tokens with instructions and tools for each row, and what is not known stays unknown", async () => {
    let seen: BatchEstimate | undefined;
    const confirm = (estimate: BatchEstimate) => {
      seen = estimate;
      return true;
    };
    await start(rows, { confirm });
    const tiny = seen as BatchEstimate;
    expect(tiny).toEqual({
      rows: 2,
      badRows: 0,
      inputTokens: expect.any(Number),
      outputTokens: 600,
      basis: "guessed",
      // Two rows at once: a second until the first token, and 300 tokens at 50 a second.
      time: { basis: "assumed", seconds: 7 },
      calls: "sync",
    });
    const wordy = agentWith({ instructions: "Be brief. ".repeat(100) });
    await start(rows, { confirm, output: inDir("other.parquet") }, wordy);
    expect((seen as BatchEstimate).inputTokens - tiny.inputTokens).toBeGreaterThan(400);
  });

  it("is estimated with its cost where the model can say what tokens cost, asked in this way", async () => {
    const model: LanguageModel = {
      ...scriptedModel([]),
      costOf: ({ outputTokens }, calls) => (calls === "sync" ? { RUB: outputTokens / 100 } : undefined),
    };
    const costs: BatchEstimate["cost"][] = [];
    const confirm = ({ cost }: BatchEstimate) => costs.push(cost) > 0;
    await start(rows, { confirm }, new Agent({ model, settings: { maxOutputTokens: 50 } }));
    expect(costs).toEqual([{ RUB: 1 }]);
  });

  it("is estimated in batches that cost something however small they are, by how many the last one took", async () => {
    const model: LanguageModel = {
      ...withBatches(scriptedModel([])),
      costOf: ({ totalTokens }) => ({ RUB: Math.max(20, totalTokens / 1_000) }),
    };
    await start(rows, {}, new Agent({ model }));
    const usage = { inputTokens: 400, outputTokens: 100, totalTokens: 500, cost: { RUB: 60 } };
    await finished({ response: { rows: 2, answered: 2, failed: 0, usage, seconds: 10 } });
    const costs: BatchEstimate["cost"][] = [];
    const confirm = ({ cost }: BatchEstimate) => costs.push(cost) > 0;
    const twenty = Array.from({ length: 20 }, (_, index) => ({ prompt: `${index}` }));
    await start(twenty, { confirm, output: inDir("twenty.parquet") }, new Agent({ model }));
    expect(costs).toEqual([{ RUB: 60 }]);
  });

  it("is estimated in batches with what sub-agents of a dearer model came to, row for row", async () => {
    const model: LanguageModel = {
      ...withBatches(scriptedModel([])),
      costOf: ({ totalTokens }) => ({ RUB: totalTokens / 1_000 }),
    };
    await start(rows, {}, new Agent({ model }));
    const usage = { inputTokens: 400, outputTokens: 100, totalTokens: 500, cost: { RUB: 60 } };
    await finished({ response: { rows: 2, answered: 2, failed: 0, usage, seconds: 10 } });
    const costs: BatchEstimate["cost"][] = [];
    const confirm = ({ cost }: BatchEstimate) => costs.push(cost) > 0;
    await start([...rows, ...rows], { confirm, output: inDir("four.parquet") }, new Agent({ model }));
    expect(costs).toEqual([{ RUB: 120 }]);
  });

  it("is estimated by what the last batch of the same agent came to", async () => {
    await start();
    const usage = { inputTokens: 400, outputTokens: 100, totalTokens: 500, cost: { RUB: 2 } };
    await finished({ response: { rows: 2, answered: 2, failed: 0, usage, seconds: 10 } });
    const seen: BatchEstimate[] = [];
    const confirm = (estimate: BatchEstimate) => seen.push(estimate) > 0;
    const six = Array.from({ length: 6 }, (_, index) => ({ prompt: `${index}` }));
    await start(six, { confirm, output: inDir("six.parquet") });
    expect(seen[0]).toMatchObject({
      basis: "measured",
      inputTokens: 1_200,
      outputTokens: 300,
      cost: { RUB: 6 },
      // All rows at once, as they were then.
      time: { basis: "measured", seconds: 10 },
    });
    await start(six, { confirm, output: inDir("other.parquet") }, agentWith({ temperature: 1 }));
    expect(seen[1]).toMatchObject({ basis: "guessed" });
  });

  describe("is told how long it will take, and by what that is known:", () => {
    const estimateOf = async (count: number, options: Partial<BatchOptions> = {}, agent = agentWith()) => {
      let seen: BatchEstimate | undefined;
      const confirm = (estimate: BatchEstimate) => {
        seen = estimate;
        return false;
      };
      const prompts = Array.from({ length: count }, (_, index) => ({ prompt: `${index}` }));
      await refused(start(prompts, { ...options, confirm, output: inDir("next.parquet") }, agent));
      return (seen as BatchEstimate).time;
    };
    const ended = async (result: object, options: Partial<BatchOptions> = {}, agent = agentWith()) => {
      await start(rows, options, agent);
      await finished({ response: { answered: 1, failed: 0, ...result } });
    };
    const usage = { inputTokens: 400, outputTokens: 100, totalTokens: 500 };

    it("the last batch of the same agent, row for row, with as many rows at once as now", async () => {
      await ended({ rows: 100, usage, seconds: 50 }, { concurrency: 4 });
      expect(await estimateOf(1_000, { concurrency: 4 })).toEqual({ basis: "measured", seconds: 500 });
      expect(await estimateOf(1_000, { concurrency: 20 })).toEqual({ basis: "measured", seconds: 100 });
      // No more than all of them at once.
      expect(await estimateOf(2, { concurrency: 20 })).toEqual({ basis: "measured", seconds: 2 });
    });

    it("the last batch of the same model, output token for output token", async () => {
      await ended({ rows: 100, usage, seconds: 50 }, { concurrency: 4 });
      const other = agentWith({ instructions: "Be long." });
      // 2 s a token at one place, 300 tokens a row.
      expect(await estimateOf(10, { concurrency: 5 }, other)).toEqual({ basis: "same-model", seconds: 1_200 });
      const another = new Agent({ model: { ...scriptedModel([]), modelId: "another" } });
      expect(await estimateOf(10, { concurrency: 5 }, another)).toEqual({ basis: "assumed", seconds: 14 });
    });

    it("never sooner than the limits of the model let it", async () => {
      const model = rateLimited(scriptedModel([]), { requestsPerMinute: 10 });
      expect(await estimateOf(100, {}, new Agent({ model }))).toEqual({ basis: "rate-limits", seconds: 600 });
      const generous = rateLimited(scriptedModel([]), { requestsPerMinute: 10_000 });
      expect(await estimateOf(100, {}, new Agent({ model: generous }))).toMatchObject({ basis: "assumed" });
      const wordy = rateLimited(scriptedModel([]), { tokensPerMinute: 1_000 });
      const { seconds } = (await estimateOf(100, {}, new Agent({ model: wordy }))) as { seconds: number };
      // 300 tokens out and a few in for each row.
      expect(seconds).toBeGreaterThan(1_800);
      expect(seconds).toBeLessThan(2_000);
      await ended({ rows: 100, usage, seconds: 1 }, { concurrency: 4 }, new Agent({ name: "a", model }));
      expect(await estimateOf(200, {}, new Agent({ name: "a", model }))).toEqual({
        basis: "rate-limits",
        seconds: 1_200,
      });
    });

    it("of batches of the service the time of the last one, whatever its rows, or nothing but the service's word", async () => {
      const model = withBatches(scriptedModel([]));
      const agent = new Agent({ name: "a", model });
      expect(await estimateOf(10, {}, agent)).toEqual({ basis: "unknown" });
      const stated = { ...model, batches: model.batches && { ...model.batches, windowHours: 24 } };
      const { batches: _none, ...direct } = stated;
      expect(await estimateOf(10, {}, new Agent({ model: stated }))).toEqual({ basis: "unknown", windowHours: 24 });
      // One that was not asked in batches says nothing of them.
      await ended({ rows: 100, usage, seconds: 50 }, {}, new Agent({ model: direct }));
      expect(await estimateOf(10, {}, agent)).toEqual({ basis: "unknown" });
      await ended({ rows: 100, usage, seconds: 900.5 }, { output: inDir("batches.parquet") }, agent);
      expect(await estimateOf(5_000, {}, agent)).toEqual({ basis: "measured", seconds: 901 });
      const other = new Agent({ model, instructions: "Be long." });
      expect(await estimateOf(5_000, {}, other)).toEqual({ basis: "same-model", seconds: 901 });
    });
  });

  it("may be of a model alone, which is an agent called after it", () => {
    expect(agentOf(scriptedModel([])).name).toBe("scripted:scripted");
  });

  it("is of the whole agent, from another copy of the library, too", () => {
    const agent = agentWith();
    // What instanceof cannot tell: the same in all that it can do, of a class that is another.
    const copy = Object.create(null, {
      ...Object.getOwnPropertyDescriptors(Agent.prototype),
      model: { value: agent.model },
    }) as Agent;
    expect(agentOf(copy)).toBe(copy);
  });

  it("takes rows from a generator", async () => {
    function* generated() {
      for (let id = 0; id < 1_200; id++) yield { id, prompt: `Question ${id}` };
    }
    expect(specOf(await start(generated()))).toMatchObject({ rows: 1_200, parts: 3 });
  });
});

describe("a batch that is found again", () => {
  it("is not begun a second time: the error says how far it is and how to go on", async () => {
    await start();
    const error = await refused(start());
    expect(error.message).toMatch(/out\.parquet was begun and is not finished; 0 of 2 rows are done/);
    expect(error.hint).toMatch(/--resume/);
    expect(await refused(start(rows, { overwrite: true }))).toMatchObject({ code: "invalid-argument" });
  });

  it("is not begun while somebody works on it: the error says who", async () => {
    const job = await start();
    await engine.claim({ queue: "default", kinds: ["batch"], signal: new AbortController().signal });
    const error = await refused(start());
    expect(error).toMatchObject({ code: "locked", message: expect.stringContaining(String(process.pid)) });
    expect((await start(rows, { resume: true })).id).toBe(job.id);
  });

  it("of two that begin at one moment, one is begun, and nothing is left of the other", async () => {
    const both = await Promise.allSettled([start(), start()]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await engine.files.list("batches/")).toEqual(await keptFiles());
  });

  it("goes on with resume, and begins with resume where there is none", async () => {
    const job = await start(rows, { resume: true });
    expect((await start(rows, { resume: true })).id).toBe(job.id);
    expect(await engine.list({ kind: "batch" })).toHaveLength(1);
  });

  it("does not go on in another queue, whose workers would never see it: the error names both", async () => {
    await start();
    const options = { output: output(), resume: true };
    const error = await refused(startBatch({ engine, queue: "night" }, agentWith(), rows, options));
    expect(error.message).toContain("the queue “default”, and this is “night”");
    expect(error.hint).toContain('createJobs({ queue: "default" })');
  });

  it("does not go on with a data set that has changed", async () => {
    await writeFile(inDir("in.jsonl"), '{"prompt":"one"}\n');
    await start(inDir("in.jsonl"));
    await writeFile(inDir("in.jsonl"), '{"prompt":"two"}\n');
    const error = await refused(start(inDir("in.jsonl"), { resume: true }));
    expect(error.message).toMatch(/in\.jsonl is not what it was.*sha256:[0-9a-f]+…, now sha256:/);
    expect(error.hint).toMatch(/Put the data set of 1 rows back/);
    await start(rows, { output: inDir("memory.parquet") });
    const other = start([...rows, { prompt: "three" }], { output: inDir("memory.parquet"), resume: true });
    expect((await refused(other)).message).toMatch(/rows of the program is not what it was/);
  });

  it("does not go on with an agent that has changed: the error says in what", async () => {
    await start();
    const resumed = (kind: Kind) => refused(start(rows, { resume: true }, agentWith(kind)));
    expect((await resumed({ temperature: 1 })).message).toContain(
      'settings was {"temperature":0} and is {"temperature":1}',
    );
    expect((await resumed({ instructions: "Be long." })).message).toContain(
      'instructions was "Be brief." and is "Be long."',
    );
    expect((await resumed({ toolDescription: "Subtracts." })).message).toContain("add is described otherwise");
  });

  it("does not go on with an agent whose sub-agent has changed, or whose tool may be repeated now", async () => {
    type Below = { instructions?: string; replay?: "safe" | "never"; receiver?: string };
    const team = ({ instructions = "Count.", replay = "never", receiver = "Sell." }: Below = {}) => {
      const model = scriptedModel([]);
      const add = tool({
        name: "add",
        description: "Adds.",
        inputSchema: { type: "object" },
        replay,
        execute: () => 2,
      });
      const below = new Agent({ name: "counter", model, instructions, tools: [add] });
      const sales: Agent = new Agent({ name: "sales", model, instructions: receiver, handOffs: () => [front] });
      const front: Agent = new Agent({ name: "a", model, tools: [below.asTool()], handOffs: () => [sales] });
      return front;
    };
    await start(rows, {}, team());
    const resumed = async (below: Below) => (await refused(start(rows, { resume: true }, team(below)))).message;
    expect(await resumed({ instructions: "Guess." })).toMatch(
      /instructions was "Count\." and is "Guess\." in its sub-agent 1 \(counter\)/,
    );
    expect(await resumed({ replay: "safe" })).toMatch(/add is described otherwise in its sub-agent 1 \(counter\)/);
    expect(await resumed({ receiver: "Give." })).toMatch(/"Give\." in its sub-agent 2 \(sales\)/);
    expect(await start(rows, { resume: true }, team())).toMatchObject({ state: "queued" });
  });

  it("that is finished comes at once with resume, and is replaced only with overwrite", async () => {
    const job = await start();
    await finished({ response: { rows: 2 } });
    await writeFile(output(), "result");
    expect(await start(rows, { resume: true })).toMatchObject({ id: job.id, state: "done" });
    expect((await refused(start())).message).toMatch(/is there already/);
    expect(await start(rows, { overwrite: true })).toMatchObject({ id: job.id, state: "queued" });
  });

  it("that was called off goes on with resume, keeping its parts, and begins anew only with overwrite", async () => {
    const job = await start();
    await engine.cancel(job.id);
    const error = await refused(start());
    expect(error.message).toMatch(/has ended without a result/);
    const resumed = await start(rows, { resume: true });
    expect(resumed.state).toBe("queued");
    expect(specOf(resumed).folder).toBe(specOf(job).folder);
    await engine.cancel(job.id);
    expect(specOf(await start(rows, { overwrite: true })).folder).not.toBe(specOf(job).folder);
  });

  it("that was called off keeps its parts, too, where going on is cut short before there is a new job", async () => {
    const first = await start();
    await finished({ error: { code: "aborted", message: "The job was called off." } });
    const create = vi.spyOn(engine, "create").mockRejectedValueOnce(new Error("The disk is full."));
    await expect(start(rows, { resume: true })).rejects.toThrow("The disk is full.");
    expect(await engine.get(first.id)).toBeUndefined();
    const again = await start(rows, { resume: true });
    expect(specOf(again)).toEqual(specOf(first));
    expect(create).toHaveBeenCalledTimes(2);
    expect(await engine.files.list("batches/")).toEqual(await keptFiles());
  });

  it("does not leave the folder of the output otherwise than it was", async () => {
    await start();
    expect((await readdir(dir)).sort()).toEqual(["jobs"]);
  });
});
