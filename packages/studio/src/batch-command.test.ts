import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ModelServer, startModelServer } from "@beseda/core/testing";
import { createJobs, localEngine } from "@beseda/jobs";
import { openDataset } from "@beseda/jobs/datasets";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { startCommand, startProgram } from "../../../test/fakes/beseda-command.ts";
import { type BatchCommandOptions, batch } from "./batch-command.ts";
import { exitCodeOf } from "./exit.ts";

// Some of these start whole processes.
vi.setConfig({ testTimeout: 60_000 });

let folder = "";
let server: ModelServer;
/** The requests from here on are answered slowly: a test wants some in flight. */
let slowFrom = Number.POSITIVE_INFINITY;
const release = () => {
  slowFrom = Number.POSITIVE_INFINITY;
};
let written = { out: "", err: "" };

beforeAll(async () => {
  server = await startModelServer({
    respond: ({ body }, number) => {
      const asked = (body.messages as { role: string; content: string }[]).at(-1)?.content;
      if (asked === "refuse") return { status: 400, body: { error: { message: "no" } } };
      return { text: `answer to ${asked}`, delayMs: number >= slowFrom ? 2_000 : 0 };
    },
  });
});
afterAll(() => server.close());

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beseda-batch-"));
  written = { out: "", err: "" };
  release();
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const at = (name: string) => join(folder, name);

function datasetOf(rows: number, name = "in.jsonl"): string {
  const lines = Array.from({ length: rows }, (_, index) => JSON.stringify({ prompt: `row ${index}`, n: index }));
  writeFileSync(at(name), `${lines.join("\n")}\n`);
  return at(name);
}

async function answersIn(output: string): Promise<unknown[]> {
  const answers: unknown[] = [];
  for await (const rows of (await openDataset(output)).rows())
    answers.push(...rows.map(({ cells }) => cells?.response));
  return answers;
}

const answersTo = (rows: number) => Array.from({ length: rows }, (_, index) => `answer to row ${index}`);

/** In this process, at once. */
function run(input: string, options: Partial<BatchCommandOptions> = {}): Promise<number> {
  vi.stubEnv("OPENAI_BASE_URL", server.url);
  for (const stream of ["stdout", "stderr"] as const) {
    vi.spyOn(process[stream], "write").mockImplementation((text) => {
      written[stream === "stdout" ? "out" : "err"] += text;
      return true;
    });
  }
  return batch(input, { output: at("out.parquet"), jobs: at("jobs"), model: "openai:test-model", ...options });
}

/** When those that wait for a worker were changed last. */
async function queued(): Promise<unknown[]> {
  const jobs = createJobs({ engine: localEngine(at("jobs")), work: false });
  const operations = await jobs.list({ state: "queued" });
  await jobs.close();
  return operations.map(({ id, modifiedAt }) => [id, modifiedAt]);
}

describe("beseda batch", () => {
  it("answers every row in order and tells what it comes to, before and after", async () => {
    expect(await run(datasetOf(30))).toBe(0);
    expect(await answersIn(at("out.parquet"))).toEqual(answersTo(30));
    expect(written.err).toMatch(/^30 rows for openai:test-model.*\nabout .* tokens in and .* out, cost unknown/);
    expect(written.out).toMatch(
      /^30 rows in \d+ s: 30 answered\.\n.*\noutput +\S+out\.parquet\nmanifest +\S+\nreport +\S+\n$/,
    );
    for (const name of written.out.matchAll(/^(?:manifest|report) +(\S+)$/gm)) readFileSync(String(name[1]));
  });

  it("counts failed rows by their errors, and fails where not a single one was answered", async () => {
    writeFileSync(at("in.jsonl"), '{"prompt":"fine"}\n{"prompt":"refuse"}\n{"prompt":"refuse"}\n');
    expect(await run(at("in.jsonl"))).toBe(0);
    expect(written.out).toContain("1 answered, 2 failed (rejected 2).");
    writeFileSync(at("in2.jsonl"), '{"prompt":"refuse"}\n');
    expect(await run(at("in2.jsonl"), { output: at("out2.parquet"), json: true })).toBe(1);
    expect(JSON.parse(written.out.split("\n").at(-2) ?? "")).toMatchObject({ rows: 1, answered: 0, failed: 1 });
  });

  it("stops at a limit, keeps what is finished, and goes on with --resume and a higher one", async () => {
    const input = datasetOf(40);
    const stopped = run(input, { maxTokens: 60, concurrency: 2 });
    await expect(stopped).rejects.toMatchObject({
      hint: expect.stringMatching(/is kept\..*The command for that: .* --resume/),
    });
    const before = server.requests.length;
    expect(await run(input, { maxTokens: 1_000_000, resume: true })).toBe(0);
    expect(await answersIn(at("out.parquet"))).toEqual(answersTo(40));
    expect(server.requests.length - before).toBeLessThan(40);
  });

  it("limits the model to so many tokens a minute, and goes on with --resume and other limits, or none", async () => {
    const input = datasetOf(40);
    const before = server.requests.length;
    expect(await run(datasetOf(3, "small.jsonl"), { output: at("small.parquet"), tokensPerMinute: 2 })).toBe(1);
    expect(written.out).toContain("3 failed (too-large 3)");
    expect(server.requests).toHaveLength(before);
    const limits = { requestsPerMinute: 60_000, tokensPerMinute: 1_000_000 };
    await expect(run(input, { maxTokens: 60, concurrency: 2, ...limits })).rejects.toThrow();
    await expect(
      run(input, { maxTokens: 120, concurrency: 2, resume: true, tokensPerMinute: 500_000 }),
    ).rejects.toThrow();
    expect(await run(input, { maxTokens: 1_000_000, resume: true })).toBe(0);
    expect(await answersIn(at("out.parquet"))).toEqual(answersTo(40));
    expect(server.requests.length - before).toBe(40);
  });

  it("wants --yes where it may be much and nobody can be asked, and begins nothing", async () => {
    const before = server.requests.length;
    const input = datasetOf(1_001);
    await expect(run(input)).rejects.toMatchObject({ code: "missing-setting", hint: expect.stringContaining("--yes") });
    expect(server.requests).toHaveLength(before);
    expect(readdirSync(folder)).toEqual(["in.jsonl", "jobs"]);
  });

  it("tells what is wrong with input and options in one sentence, with the exit code for it, and asks nothing", async () => {
    const good = datasetOf(3);
    const before = server.requests.length;
    const file = (name: string, text: string) => {
      writeFileSync(at(name), text);
      return at(name);
    };
    const refused = async (input: string, options: Partial<BatchCommandOptions>, exitCode: number, says: RegExp) => {
      const thrown = await run(input, options).then(
        () => undefined,
        (error) => error,
      );
      expect(thrown?.advice).toMatch(says);
      expect(exitCodeOf(thrown)).toBe(exitCode);
    };
    await refused(at("none.jsonl"), {}, 2, /There is no file .*none\.jsonl/);
    mkdirSync(at("folder.jsonl"));
    await refused(at("folder.jsonl"), {}, 2, /is a directory/);
    await refused(file("empty.jsonl", ""), {}, 2, /is empty/);
    await refused(file("bad.jsonl", '{"prompt":"a"}\nnonsense\n'), {}, 2, /row 2.*--skip-bad/);
    await refused(file("twice.csv", "prompt,prompt\na,b\n"), {}, 2, /twice\.csv.*prompt/);
    await refused(file("in.txt", "hello"), {}, 2, /\.jsonl, \.csv or \.parquet/);
    await refused("-", {}, 2, /There is no file -/);
    await refused(good, { output: file("there.parquet", "x") }, 2, /there already.*--overwrite/);
    await refused(good, { output: at("none/out.parquet") }, 1, /There is no folder/);
    await refused(good, { output: at("out.csv") }, 2, /Parquet/);
    await refused(good, { agent: at("agent.ts") }, 2, /--agent and --model exclude/);
    await refused(good, { requestsPerMinute: 0 }, 2, /requestsPerMinute .* whole number from 1/);
    await refused(good, { model: "gpt" }, 2, /There is no model “gpt”/);
    await refused(good, { maxCost: "5" }, 2, /names no currency/);
    await refused(good, { maxCost: "5USD" }, 2, /costs in USD is not known.*--max-tokens/);
    await refused(good, { calls: "batch" }, 1, /no batches/);
    expect(server.requests).toHaveLength(before);
  });

  it("does not go on with another dataset, another model or a damaged journal, and loses no finished row over it", async () => {
    const input = datasetOf(40);
    await run(input, { maxTokens: 60, concurrency: 2 }).catch(() => {});
    const refused = (changes: Partial<BatchCommandOptions>, says: RegExp) =>
      expect(run(input, { resume: true, ...changes })).rejects.toThrow(says);
    await expect(run(input)).rejects.toMatchObject({ hint: expect.stringContaining("--resume") });
    await refused({ instructions: "Be brief." }, /instructions was "" and is "Be brief\."/);
    const rows = readFileSync(input, "utf8");
    writeFileSync(input, rows.replace("row 0", "row zero"));
    await refused({}, /is not what it was/);
    writeFileSync(input, rows);
    const journal = readFileSync(at("jobs/jobs.db"));
    writeFileSync(at("jobs/jobs.db"), "no database".repeat(1_000));
    await refused({}, /jobs\.db/);
    writeFileSync(at("jobs/jobs.db"), journal);
    expect(await run(input, { resume: true })).toBe(0);
    expect(await answersIn(at("out.parquet"))).toEqual(answersTo(40));
  });

  it("asks nothing more for a batch that was left before it is known that it is the one to go on with", async () => {
    const before = server.requests.length;
    slowFrom = before + 4;
    const input = datasetOf(2_000);
    const left = run(input, { concurrency: 2, yes: true });
    const stopped = expect(left).rejects.toMatchObject({ code: "aborted" });
    await expect.poll(() => server.requests.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(before + 6);
    process.emit("SIGINT");
    await stopped;
    release();
    const between = server.requests.length;
    writeFileSync(input, readFileSync(input, "utf8").replace("row 1999", "another"));
    await expect(run(input, { concurrency: 2, resume: true })).rejects.toThrow(/is not what it was/);
    await expect(run(input, { concurrency: 2 })).rejects.toThrow(/not finished/);
    expect(server.requests.length - between).toBe(0);
  });

  it("works on its own batch alone, whatever else was left in the same folder", async () => {
    const before = server.requests.length;
    slowFrom = before + 4;
    const left = run(datasetOf(20), { concurrency: 2 });
    const stopped = expect(left).rejects.toMatchObject({ code: "aborted" });
    await expect.poll(() => server.requests.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(before + 6);
    process.emit("SIGINT");
    await stopped;
    release();
    const between = server.requests.length;
    const seen = await queued();
    expect(await run(datasetOf(5, "other.jsonl"), { output: at("other.parquet"), instructions: "Be brief." })).toBe(0);
    expect(server.requests.length - between).toBe(5);
    // Nobody has as much as touched it.
    expect(seen).toHaveLength(1);
    expect(await queued()).toEqual(seen);
  });
});

describe("the command line", () => {
  const env = () => ({ HOME: folder, OPENAI_BASE_URL: server.url });
  const patient = { timeout: 30_000 };

  /** Until this many requests have come, of which the last two get no answer. */
  async function inFlight(before: number, requests: number): Promise<void> {
    await expect.poll(() => server.requests.length, patient).toBeGreaterThanOrEqual(before + requests);
  }

  it.each([
    [["--model", "openai:test-model", "--requests-per-minute", "0"], /--requests-per-minute .* whole number from 1/],
    [["--model", "openai:test-model", "--tokens-per-minute", "1.5"], /--tokens-per-minute .* whole number from 1/],
    [
      ["--agent", "agent.ts", "--requests-per-minute", "60"],
      /--agent and --requests-per-minute .* rateLimited\(model/s,
    ],
  ])("refuses limits that are none, or of a model that is not its own: %j", async (args, says) => {
    const { exitCode, err } = await startCommand(["batch", datasetOf(1), "-o", at("o.parquet"), ...args], env()).ended;
    expect(exitCode).toBe(2);
    expect(err).toMatch(says);
  });

  it("stops with Ctrl-C at 130 and says how to go on, which goes on: all rows, in order, what was answered not asked again", async () => {
    const before = server.requests.length;
    slowFrom = before + 10;
    const output = at("it's my $HOME.parquet");
    const args = ["batch", datasetOf(40), "-o", output, "--model", "openai:test-model", "--concurrency", "2"];
    const { child, told, ended } = startCommand([...args, "--jobs", at("jobs")], env());
    await inFlight(before, 12);
    child.kill("SIGINT");
    await told("--resume");
    release();
    const { exitCode, out, err } = await ended;
    expect({ exitCode, out }).toEqual({ exitCode: 130, out: "" });
    expect(err).toMatch(/error: Stopped\. At least \d+ of 40 rows are finished and kept\.\n$/);
    const [, command = ""] = /^ {2}(.* --resume .*)$/m.exec(err) ?? [];
    const gone = await startProgram("sh", ["-c", command], env()).ended;
    expect(gone.exitCode, gone.err).toBe(0);
    expect(await answersIn(output)).toEqual(answersTo(40));
    expect(server.requests.length - before).toBe(40);
  });
});
