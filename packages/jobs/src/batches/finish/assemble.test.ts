import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BesedaError, type Job, type JobEngine, type Lease } from "@beseda/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openDataset } from "../../datasets/open-dataset.ts";
import { localEngine } from "../../engines/local/local-engine.ts";
import type { BatchSpec, RowResult } from "../batch.ts";
import { jsonBytes, outputOf, partsFile } from "../batch-place.ts";
import { sealed, writeJsonLines } from "../part/json-lines.ts";
import { jsonOfEach } from "../part/json-of-each.fake.ts";
import { assemble } from "./assemble.ts";

let dir: string;
let engine: JobEngine;
const folder = "batches/b/f";
const rows = [500, 3];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-assemble-"));
  engine = localEngine(join(dir, "jobs"));
  await engine.files.put(partsFile(folder), jsonBytes(rows));
  let number = 0;
  for (const [index, count] of rows.entries()) {
    const results = Array.from({ length: count }, () => resultOf(++number));
    await writePart(index + 1, results);
  }
});

afterEach(async () => {
  await engine.close();
  await rm(dir, { recursive: true });
});

const output = () => join(dir, "out.parquet");

async function writePart(part: number, results: readonly RowResult[]): Promise<void> {
  await engine.files.put(outputOf(folder, part), sealed(writeJsonLines(jsonOfEach(results))));
}

function resultOf(number: number): RowResult {
  const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
  return {
    number,
    cells: { prompt: `Row ${number}` },
    response: `Answer ${number}`,
    reasoning: null,
    toolCalls: [],
    finishReason: "stop",
    usage,
    error: null,
    model: "m:m",
    steps: 1,
    attempts: 1,
    milliseconds: 5,
  };
}

/** A lease that answers a write as it is told to. */
function leaseWith(write: Lease["write"] = async () => {}, { isFinishing = false } = {}): Lease {
  const spec: Partial<BatchSpec> = {
    agentName: "a",
    fingerprint: "f",
    agentFacts: {},
    dataset: "in.jsonl",
    datasetHash: "sha256:0",
    output: output(),
    columns: [{ name: "prompt", type: "string" }],
    calls: "sync",
    rows: 503,
    badRows: { count: 0, first: [] },
    folder,
  };
  const job = { id: "b", createdAt: new Date().toISOString(), attempts: 1, inbox: [], spec } as unknown as Job;
  const read = async () => (isFinishing ? [["finishing", 1]] : []);
  return { job, signal: new AbortController().signal, write, read } as unknown as Lease;
}

const account = { seconds: 1, concurrency: 1, providerBatches: 0, currencies: [] };

function assembled(lease = leaseWith(), signal = new AbortController().signal) {
  return assemble(lease, engine, { ...account, signal });
}

async function numbersIn(path: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const some of (await openDataset(path)).rows()) {
    for (const { cells } of some) numbers.push(Number(String(cells?.response).slice("Answer ".length)));
  }
  return numbers;
}

const inOrder = Array.from({ length: 503 }, (_, index) => index + 1);

it("the output is the parts' rows in order, and is there with its manifest and its report, and nothing else", async () => {
  const result = await assembled();
  expect(await numbersIn(output())).toEqual(inOrder);
  expect(result).toEqual({
    output: output(),
    manifest: join(dir, "out.manifest.json"),
    report: join(dir, "out.report.html"),
    rows: 503,
    answered: 503,
    failed: 0,
    usage: { inputTokens: 1_509, outputTokens: 1_006, totalTokens: 2_515 },
    seconds: 1,
  });
  expect((await readdir(dir)).sort()).toEqual(["jobs", "out.manifest.json", "out.parquet", "out.report.html"]);
});

it("the output comes last: when it appears, manifest and report are there", async () => {
  let there: string[] = [];
  await assembled(
    leaseWith(async () => {
      there = (await readdir(dir)).sort();
    }),
  );
  expect(there.filter((name) => !name.endsWith(".part"))).toEqual(["jobs", "out.manifest.json", "out.report.html"]);
});

it("one whose lease was lost puts nothing into its place, and leaves nothing half written", async () => {
  const lost = leaseWith(() => Promise.reject(new BesedaError("Somebody else has the job.", { code: "locked" })));
  await expect(assembled(lost)).rejects.toMatchObject({ code: "locked" });
  expect((await readdir(dir)).filter((name) => /parquet|part$/.test(name))).toEqual([]);
});

it("one that stood still just before the end cannot replace what another one has finished in the meantime", async () => {
  let goOn: (() => void) | undefined;
  let standsStill: (() => void) | undefined;
  const still = new Promise<void>((resolve) => {
    standsStill = resolve;
  });
  let writes = 0;
  const late = assembled(
    leaseWith(async () => {
      if (writes++ === 0) return;
      standsStill?.();
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    }),
  );
  await still;
  await assembled(leaseWith(undefined, { isFinishing: true }));
  const finished = await readFile(output());
  await writeFile(output(), Buffer.concat([finished, Buffer.from("mark")]));
  goOn?.();
  await expect(late).rejects.toMatchObject({ message: expect.stringContaining("ENOENT") });
  expect((await readFile(output())).subarray(-4).toString()).toBe("mark");
});

it("what killed attempts have left half written goes; files of others stay", async () => {
  await writeFile(join(dir, "out.parquet.0a1b2c3d.part"), "half");
  await writeFile(join(dir, "out.manifest.json.0a1b2c3d.part"), "half");
  await writeFile(join(dir, "other.parquet.0a1b2c3d.part"), "another's");
  await assembled();
  expect((await readdir(dir)).filter((name) => name.endsWith(".part"))).toEqual(["other.parquet.0a1b2c3d.part"]);
});

it("a file that somebody else has put there since the beginning stays, and so does what is paid for", async () => {
  for (const name of ["out.parquet", "out.manifest.json", "out.report.html"]) {
    await writeFile(join(dir, name), "precious");
    await expect(assembled()).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining(name),
    });
    expect(await readFile(join(dir, name), "utf8")).toBe("precious");
    await rm(join(dir, name));
  }
});

it("what an earlier attempt at the same batch has put there is replaced", async () => {
  await writeFile(output(), "half done");
  await assembled(leaseWith(undefined, { isFinishing: true }));
  expect(await numbersIn(output())).toEqual(inOrder);
});

it("a part's file that is not what was written is told by its name, and no output appears", async () => {
  await engine.files.delete(outputOf(folder, 2));
  await writePart(2, [resultOf(501)]);
  await expect(assembled()).rejects.toMatchObject({
    code: "damaged",
    message: `${outputOf(folder, 2)} has 1 rows, and was written with 3.`,
  });
  await engine.files.delete(outputOf(folder, 2));
  const written: unknown[] = [];
  const lease = leaseWith(async (entries) => {
    written.push(...entries);
  });
  await expect(assembled(lease)).rejects.toMatchObject({
    code: "not-found",
    hint: expect.stringContaining("asks 3 rows again"),
  });
  // It is asked again when somebody goes on after that.
  expect(written).toEqual([["lost/2", 0]]);
  expect((await readdir(dir)).sort()).toEqual(["jobs"]);
});

it("a cell that is not of the type of its column is null and told in the manifest: the others are written", async () => {
  await engine.files.delete(outputOf(folder, 2));
  const wrong = { ...resultOf(502), cells: { prompt: 17 } };
  await writePart(2, [resultOf(501), wrong, resultOf(503)]);
  const { manifest } = await assembled();
  expect(await numbersIn(output())).toEqual(inOrder);
  const first = ["Row 502, column “prompt”: a text is wanted, and it is a number."];
  expect(JSON.parse(await readFile(manifest, "utf8")).lostCells).toEqual({ count: 1, first });
});

it("rows that do not stand in their order are never written as an output", async () => {
  await engine.files.delete(outputOf(folder, 2));
  await writePart(2, [resultOf(501), resultOf(501), resultOf(502)]);
  await expect(assembled()).rejects.toMatchObject({ code: "internal", message: expect.stringContaining("501") });
  expect((await readdir(dir)).sort()).toEqual(["jobs"]);
});

it("one that is to stop stops, and leaves nothing", async () => {
  const stopped = AbortSignal.abort(new BesedaError("Closing.", { code: "aborted" }));
  await expect(assembled(leaseWith(), stopped)).rejects.toMatchObject({ code: "aborted" });
  expect((await readdir(dir)).sort()).toEqual(["jobs"]);
});
