// What the README of the jobs shows runs, block by block, in a folder of its own and without a network.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cells, openDataset } from "@beseda/jobs/datasets";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { printedBy } from "./printed-by.ts";

const root = new URL("../", import.meta.url);
const readme = readFileSync(new URL("packages/jobs/README.md", root), "utf8");
const blocks = [...readme.matchAll(/(?:<!-- from (\S+) -->\n)?```ts\n(.*?)```/gs)].map(([, example, code = ""]) => ({
  example,
  code,
}));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "beseda-jobs-readme-"));
  writeFileSync(join(folder, "questions.csv"), "prompt,topic\nWhat is a rope?,knots\nWhat is a lamp?,light\n");
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** The block that has this text, with its files in the folder. */
function blockWith(text: string): string {
  const found = blocks.filter(({ code }) => code.includes(text));
  expect(found).toHaveLength(1);
  const { code = "" } = found[0] ?? {};
  return code.replace(/"((?:\.\/data\/jobs|\w+\.(?:csv|parquet)))"/g, (_, name) => JSON.stringify(join(folder, name)));
}

async function cellsOf(name: string): Promise<Cells[]> {
  const all: Cells[] = [];
  for await (const rows of (await openDataset(join(folder, name))).rows()) {
    for (const { cells } of rows) if (cells) all.push(cells);
  }
  return all;
}

describe("the README of the jobs", () => {
  it("has blocks that run here, and those that say of which example they are", () => {
    expect(blocks.filter(({ example }) => example === undefined)).toHaveLength(4);
    for (const { example, code } of blocks) {
      if (example !== undefined) expect(readFileSync(new URL(example, root), "utf8")).toContain(code);
    }
  });

  it("shows an operation: it returns at once, has its answer later, and tells what has happened", async () => {
    const [done, ...others] = (await printedBy(blockWith("jobs.attach("))).split("\n");
    expect(done).toBe("false");
    expect(others.join("\n")).toMatch(/^Hello!.*\nstart\nstart-step\n(.*\n)*finish$/);
  });

  it("shows a batch: an answer for each row, as Parquet", async () => {
    const code = `${blockWith('"questions.csv", { output')}console.log(rows, answered, failed, usage.totalTokens > 0);`;
    expect(await printedBy(`${code}await jobs.close();`)).toBe("2 2 0 true");
    const cells = await cellsOf("answers.parquet");
    expect(cells.map(({ topic }) => topic)).toEqual(["knots", "light"]);
  });

  it("shows how rows are read, and written in another format", async () => {
    expect(await printedBy(blockWith("columnsOf()"))).toBe("");
    const cells = await cellsOf("questions.parquet");
    expect(cells.map(({ prompt }) => prompt)).toEqual(["What is a rope?", "What is a lamp?"]);
  });

  it("shows an engine for many machines, which is not reached for before it is used", async () => {
    const settings = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "BESEDA_S3_BUCKET"];
    for (const name of settings) vi.stubEnv(name, "test");
    const code = blockWith("bullmqEngine({").replace("engine })", "engine, work: false })");
    expect(await printedBy(`${code}await jobs.close();`)).toBe("");
  });
});
