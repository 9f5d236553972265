// `beseda batch` as people meet it: at a terminal, stopped by hand, stopped twice, and with an agent of their own.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelServer, startModelServer } from "@beseda/core/testing";
import { openDataset } from "@beseda/jobs/datasets";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { main, shell, startCommand, startProgram } from "./fakes/beseda-command.ts";

const limitMs = 60_000;
let folder = "";
let server: ModelServer;
let delayMs = 0;

beforeAll(async () => {
  server = await startModelServer({
    respond: ({ body }) => {
      const asked = (body.messages as { content: string }[]).at(-1)?.content;
      return { text: `answer to ${asked}`, delayMs };
    },
  });
});
afterAll(() => server.close());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "beseda-batch-"));
  delayMs = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const env = () => ({ HOME: folder, OPENAI_BASE_URL: server.url, TERM: "xterm" });

function datasetOf(rows: number): string {
  const lines = Array.from({ length: rows }, (_, index) => JSON.stringify({ prompt: `row ${index}` }));
  writeFileSync(at("in.jsonl"), `${lines.join("\n")}\n`);
  return at("in.jsonl");
}

function batchOf(rows: number, ...more: string[]): string[] {
  const place = ["-o", at("out.parquet"), "--jobs", at("jobs")];
  return ["batch", datasetOf(rows), ...place, "--model", "openai:test-model", "--concurrency", "2", ...more];
}

async function answersIn(output: string): Promise<unknown[]> {
  const answers: unknown[] = [];
  for await (const rows of (await openDataset(output)).rows())
    answers.push(...rows.map(({ cells }) => cells?.response));
  return answers;
}

const answersTo = (rows: number) => Array.from({ length: rows }, (_, index) => `answer to row ${index}`);

async function asked(requests: number): Promise<void> {
  await expect.poll(() => server.requests.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(requests);
}

describe("beseda batch", { timeout: limitMs }, () => {
  it("ends at once with a second signal, and goes on all the same", async () => {
    const before = server.requests.length;
    delayMs = 5_000;
    const first = startCommand(batchOf(20), env());
    await asked(before + 2);
    first.child.kill("SIGTERM");
    await first.told("--resume");
    first.child.kill("SIGINT");
    expect(await first.ended).toMatchObject({ exitCode: null, signal: "SIGINT", out: "" });
    delayMs = 0;
    expect(await startCommand(batchOf(20, "--resume"), env()).ended).toMatchObject({ exitCode: 0 });
    expect(await answersIn(at("out.parquet"))).toEqual(answersTo(20));
    // What was in flight is paid for once more, and nothing else.
    expect(server.requests.length - before).toBeLessThanOrEqual(20 + 2);
  });

  it("asks the agent of a file, with its tools", async () => {
    const agent = `
      import { Agent, tool } from "@beseda/core";
      import { offline } from "@beseda/providers/offline";
      const stock: string = "seven samovars";
      const count = tool({
        name: "stock",
        description: "Counts what is in stock",
        inputSchema: { type: "object", properties: { what: { type: "string" } }, required: ["what"] },
        examples: ["How many samovars are in stock?"],
        execute: () => stock,
      });
      export const agent = new Agent({ name: "shop", model: offline(), tools: [count] });`;
    // Where the packages are found that it imports.
    const file = join(import.meta.dirname, `agent-${process.pid}.ts`);
    writeFileSync(file, agent);
    writeFileSync(at("in.csv"), "prompt,id\nHow many samovars are in stock?,7\n");
    try {
      const args = ["batch", at("in.csv"), "-o", at("out.parquet"), "--agent", file, "--json"];
      const { exitCode, out, err } = await startCommand([...args, "--jobs", at("jobs")], env()).ended;
      expect(exitCode, err).toBe(0);
      expect(JSON.parse(out)).toMatchObject({
        id: expect.any(String),
        rows: 1,
        answered: 1,
        output: at("out.parquet"),
      });
      expect(await answersIn(at("out.parquet"))).toEqual([expect.stringMatching(/seven samovars/i)]);
    } finally {
      rmSync(file);
    }
  });
});

const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

describe.skipIf(!hasTerminals)("beseda batch at a terminal", { timeout: limitMs }, () => {
  /** `columns` wide. What is typed is typed when the question has been asked. */
  function atTerminal(args: readonly string[], columns: number, more: Record<string, string> = {}) {
    const command = [process.execPath, "--import", "tsx", main, ...args].map(shell).join(" ");
    return startProgram("script", ["-qec", `stty cols ${columns}; ${command}`, "/dev/null"], { ...env(), ...more });
  }

  /** To the beginning of the line, which is emptied. */
  const anew = "\r\u001b[K";

  it("draws one line over and over, never wider than the terminal, and leaves the summary", async () => {
    delayMs = 150;
    const { exitCode, out } = await atTerminal(batchOf(30), 70).ended;
    const bars = out.split(anew).filter((frame) => /^ *\d+ % /.test(frame));
    expect(bars.length).toBeGreaterThan(2);
    expect(bars.some((bar) => bar.includes("█") && bar.includes("/30"))).toBe(true);
    expect(Math.max(...bars.map((bar) => bar.length))).toBeLessThan(70);
    expect(out.split(anew).at(-1)).toMatch(/^30 rows in \d+ s: 30 answered\.\r\n/);
    expect(exitCode).toBe(0);
  });

  it("writes plain lines in a build, though it looks like a terminal", async () => {
    const { exitCode, out } = await atTerminal(batchOf(5), 80, { CI: "true" }).ended;
    expect([exitCode, out.includes("\u001b")]).toEqual([0, false]);
  });

  it("asks before it begins what may be much: no begins nothing, Ctrl-C neither, yes does", async () => {
    const before = server.requests.length;
    const answered = async (typed: string) => {
      const { child, said, ended } = atTerminal(batchOf(1_001, "--concurrency", "64"), 80);
      await said("Begin? [y/N]");
      child.stdin?.write(typed);
      return (await ended).exitCode;
    };
    expect(await answered("n\n")).toBe(130);
    expect(await answered("\u0003")).toBe(130);
    expect(server.requests).toHaveLength(before);
    expect(await answered("y\n")).toBe(0);
    expect(await answersIn(at("out.parquet"))).toEqual(answersTo(1_001));
  });
});
