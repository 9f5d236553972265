import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type BesedaError, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createJobs } from "../create-jobs.ts";
import type { Cells } from "../datasets/dataset.ts";
import { openDataset } from "../datasets/open-dataset.ts";
import { localEngine } from "../engines/local/local-engine.ts";
import type { Jobs } from "../jobs.ts";
import type { BatchResult } from "./batch.ts";

let dir: string;
let jobs: Jobs;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-batch-"));
  jobs = createJobs({ engine: localEngine(join(dir, "jobs")) });
});

afterEach(async () => {
  await jobs.close();
  await rm(dir, { recursive: true });
});

const inDir = (name: string) => join(dir, name);

const lengthOf = tool({
  name: "length_of",
  description: "How many letters a word has.",
  inputSchema: { type: "object", properties: { word: { type: "string" } }, required: ["word"] },
  effects: "none",
  execute: ({ word }) => String(word).length,
});

/** Asks a tool about the word, then answers with what the tool said. */
function wordModel() {
  return scriptedModel(({ messages }) => {
    const last = messages.at(-1);
    if (last?.role === "tool") return { text: `It has ${last.output} letters.`, reasoning: "Counted." };
    const word = String(last?.content);
    return { toolCalls: [{ toolName: "length_of", input: { word }, toolCallId: `call-${word}` }] };
  });
}

function wordAgent() {
  return new Agent({ name: "words", model: wordModel(), tools: [lengthOf] });
}

async function rowsOf(path: string): Promise<Cells[]> {
  const rows: Cells[] = [];
  for await (const some of (await openDataset(path)).rows()) for (const { cells } of some) if (cells) rows.push(cells);
  return rows;
}

describe("a batch", () => {
  it("runs the whole agent for each row, tools included, and gives the rows in their order with the input's columns", async () => {
    const words = ["a", "bee", "elephant", "ox"];
    const rows = words.map((prompt, id) => ({ id, prompt }));
    const batch = await jobs.batch(wordAgent(), rows, { output: inDir("out.parquet") });
    const result: BatchResult = await batch.result();
    expect(result).toMatchObject({ rows: 4, answered: 4, failed: 0, output: inDir("out.parquet") });
    const answers = await rowsOf(result.output);
    expect(answers.map(({ id, prompt, response }) => [id, prompt, response])).toEqual(
      words.map((word, id) => [id, word, `It has ${word.length} letters.`]),
    );
    expect(answers[1]).toMatchObject({
      reasoning: "Counted.",
      finish_reason: "stop",
      error: null,
      model: "scripted:scripted",
      attempts: 1,
      tool_calls: [{ id: "call-bee", name: "length_of", input: '{"word":"bee"}', output: "3", is_error: false }],
    });
    const manifest = JSON.parse(await readFile(result.manifest, "utf8"));
    expect(manifest).toMatchObject({ rows: 4, answered: 4, steps: 8, toolCalls: 4, finishReasons: { stop: 4 } });
    expect(await readFile(result.report, "utf8")).toContain("out.parquet");
  });
});
