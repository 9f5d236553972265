import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, BesedaError, type JobEngine, type LanguageModel, type Message, textOf } from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createJobs } from "../create-jobs.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import { localEngine } from "../engines/local/local-engine.ts";
import type { Jobs } from "../jobs.ts";
import { withBatches } from "./batch-models.fake.ts";
import { inputOf, outputOf, specOf } from "./batch-place.ts";

let dir: string;
let engine: JobEngine;
let jobs: Jobs;
let asked: string[];
let model: LanguageModel;
let agent: Agent;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-lost-"));
  asked = [];
  model = {
    provider: "test",
    modelId: "echo",
    async *stream({ messages }) {
      const question = textOf(messages.at(-1) as Message);
      asked.push(question);
      const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
      yield [
        { type: "text-delta", text: question.replace("row", "answer") },
        { type: "finish", finishReason: "stop", usage },
      ];
    },
  };
  agent = new Agent({ name: "a", model });
  open();
});

afterEach(async () => {
  await jobs.close();
  await rm(dir, { recursive: true });
});

function open({ work = true } = {}): void {
  engine = localEngine(join(dir, "jobs"));
  jobs = createJobs({ engine, work, agents: [agent] });
}

/** Two parts: the first has 500 rows, the second 100. */
const rows = Array.from({ length: 600 }, (_, index) => ({ prompt: `row ${index + 1}` }));

function resume(calls: "sync" | "batch" = "sync") {
  return jobs.batch(agent, rows, { output: join(dir, "out.parquet"), resume: true, calls, pollMs: 5 });
}

async function numbersInOutput(): Promise<number[]> {
  const numbers: number[] = [];
  for await (const some of (await openDataset(join(dir, "out.parquet"))).rows()) {
    for (const { cells } of some) numbers.push(Number(String(cells?.response).slice("answer ".length)));
  }
  return numbers;
}

const all = rows.map((_, index) => index + 1);

/** Takes a file away. Gives what puts it back, as it was or with changes. */
async function takeAway(name: string): Promise<(change?: (bytes: Buffer) => void) => Promise<void>> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of engine.files.get(name)) chunks.push(chunk);
  await engine.files.delete(name);
  return async (change = () => {}) => {
    const bytes = Buffer.concat(chunks);
    change(bytes);
    await engine.files.delete(name);
    await engine.files.put(name, [bytes]);
  };
}

/** A batch whose first part is done and whose second one waits, its input lost. */
async function halfDone(calls: "sync" | "batch" = "sync") {
  await jobs.close();
  open({ work: false });
  const { id } = await resume(calls);
  const job = await engine.get(id);
  if (!job) throw new Error("It was not begun.");
  const { folder } = specOf(job);
  const putBack = await takeAway(inputOf(folder, 2));
  await jobs.close();
  open();
  const stopped = await refusal((await jobs.attach(id)).result());
  return { id, folder, putBack, stopped };
}

async function refusal(result: Promise<unknown>): Promise<BesedaError> {
  const thrown = await result.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(BesedaError);
  return thrown as BesedaError;
}

it("a batch whose part has lost its input stops, names the file, and goes on when it is put back", async () => {
  const { id, folder, putBack, stopped } = await halfDone();
  expect(stopped).toMatchObject({ code: "not-found", message: expect.stringContaining(inputOf(folder, 2)) });
  expect(stopped.hint).toMatch(/Put this file back.*--resume/);
  expect(await engine.get(id)).toMatchObject({ state: "waiting", metadata: { state: "stopped", finished: 500 } });
  const again = await refusal((await resume()).result());
  expect(again.message).toBe(stopped.message);
  await putBack();
  await (await resume()).result();
  expect(await numbersInOutput()).toEqual(all);
  expect(asked).toHaveLength(600);
});

it("so does one in rounds, whose rows are one part: nothing is sent without them", async () => {
  agent = new Agent({ name: "a", model: withBatches(model) });
  await jobs.close();
  open({ work: false });
  const { id } = await resume("batch");
  const job = await engine.get(id);
  const name = inputOf(job ? specOf(job).folder : "", 1);
  const putBack = await takeAway(name);
  await jobs.close();
  open();
  const stopped = await refusal((await jobs.attach(id)).result());
  expect(stopped).toMatchObject({ code: "not-found", message: expect.stringContaining(name) });
  expect(asked).toEqual([]);
  await putBack();
  await (await resume("batch")).result();
  expect(await numbersInOutput()).toEqual(all);
});

describe("results of a part that is done", () => {
  const flip = (text: string) => (bytes: Buffer) => {
    const at = bytes.indexOf(text, bytes.length / 2);
    expect(at).toBeGreaterThan(0);
    bytes[at] = Number(bytes[at]) ^ 1;
  };
  const damages: [claim: string, change: ((bytes: Buffer) => void) | undefined][] = [
    ["a bit of an answer is another", flip("answer ")],
    ["a bit of the name of a field is another", flip('usage"')],
    ["they are gone", undefined],
  ];

  it.each(damages)(
    "are told to be lost where %s, and their rows asked again when the batch is resumed after that, and no others",
    async (_claim, change) => {
      const { id, folder, putBack } = await halfDone();
      const putBackOutput = await takeAway(outputOf(folder, 1));
      if (change) await putBackOutput(change);
      await putBack();
      const lost = await refusal((await resume()).result());
      expect(lost.message).toContain(outputOf(folder, 1));
      expect(lost.hint).toMatch(/asks 500 rows again, which are paid for again/);
      expect(asked).toHaveLength(600);
      // Whoever comes by without being told to go on asks nothing.
      await jobs.close();
      open();
      expect((await refusal((await jobs.attach(id)).result())).message).toBe(lost.message);
      expect(asked).toHaveLength(600);
      await (await resume()).result();
      expect(await numbersInOutput()).toEqual(all);
      expect(asked).toHaveLength(1_100);
      expect(new Set(asked.slice(600)).size).toBe(500);
      expect(asked.slice(600)).not.toContain("row 501");
    },
  );

  it("are not asked again where they were put back after all", async () => {
    const { folder, putBack } = await halfDone();
    const putBackOutput = await takeAway(outputOf(folder, 1));
    await putBack();
    await refusal((await resume()).result());
    await putBackOutput();
    await (await resume()).result();
    expect(await numbersInOutput()).toEqual(all);
    expect(asked).toHaveLength(600);
  });

  it("of a batch that was called off are kept when it is gone on with", async () => {
    const { id, putBack } = await halfDone();
    await (await jobs.attach(id)).cancel();
    await putBack();
    const result = await (await resume()).result();
    expect(result).toMatchObject({ rows: 600, answered: 600, usage: { totalTokens: 3_000 } });
    expect(await numbersInOutput()).toEqual(all);
    expect(asked).toHaveLength(600);
  });

  it("of a batch that was called off are told to be lost where they are damaged, too, before they are asked again", async () => {
    const { id, folder, putBack } = await halfDone();
    await (await jobs.attach(id)).cancel();
    await putBack();
    await (await takeAway(outputOf(folder, 1)))(flip("answer "));
    const lost = await refusal((await resume()).result());
    expect(lost).toMatchObject({ code: "damaged", hint: expect.stringContaining("asks 500 rows again") });
    expect(asked).toHaveLength(600);
    await (await resume()).result();
    expect(await numbersInOutput()).toEqual(all);
    expect(asked).toHaveLength(1_100);
  });
});
