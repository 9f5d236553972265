import { BesedaError, type Job, type JobEngine, type JsonValue, type Lease } from "@beseda/core";
import { beforeEach, expect, it } from "vitest";
import type { BatchSpec, RowResult } from "../batch.ts";
import { jsonBytes, outputOf, partsFile } from "../batch-place.ts";
import { sealed, writeJsonLines } from "../part/json-lines.ts";
import { jsonOfEach } from "../part/json-of-each.fake.ts";
import { memoryEngine } from "../part/memory-engine.fake.ts";
import { forgetLost, lossBehind } from "./lost-parts.ts";

const folder = "batches/b/f";
const damaged = new BesedaError("Damaged.", { code: "damaged" });
let engine: JobEngine;
let journal: Map<string, JsonValue>;

beforeEach(async () => {
  engine = memoryEngine();
  await engine.files.put(partsFile(folder), jsonBytes([2, 1, 1]));
  for (const [part, rows] of [
    [1, 2],
    [2, 1],
    [3, 1],
  ] as const) {
    await engine.files.put(outputOf(folder, part), sealed(writeJsonLines(jsonOfEach(results(rows)))));
  }
  journal = new Map([1, 2, 3].map((part) => [`part/${part}`, { rows: part }]));
});

async function* results(rows: number): AsyncGenerator<Partial<RowResult>> {
  for (let number = 1; number <= rows; number++) yield { number, response: "Yes." };
}

/** Of a batch that was woken so often. */
function lease(woken: number): Lease {
  const spec: Partial<BatchSpec> = { folder };
  const job = { id: "b", spec, inbox: Array(woken).fill(null) } as unknown as Job;
  const read: Lease["read"] = async (prefix = "") => [...journal].filter(([key]) => key.startsWith(prefix));
  const write: Lease["write"] = async (entries) => {
    for (const [key, value] of entries) {
      if (value === undefined) journal.delete(key);
      else journal.set(key, value);
    }
  };
  return { job, read, write } as unknown as Lease;
}

async function spoil(part: number): Promise<void> {
  await engine.files.delete(outputOf(folder, part));
  await engine.files.put(outputOf(folder, part), [Buffer.from('{"number":1}\nffffffff\n')]);
}

const keys = () => [...journal.keys()];

it("all results that are lost are told at once: how many parts, and how many rows they have", async () => {
  await spoil(1);
  await engine.files.delete(outputOf(folder, 3));
  const error = await lossBehind(damaged, lease(0), engine);
  expect(error?.message).toBe(
    `${outputOf(folder, 1)} is not what was written: its checksum is another. So it is with 1 more of its parts.`,
  );
  expect(error?.hint).toContain("asks 3 rows again, which are paid for again");
});

it("where all results are whole, what stands in the way is something else", async () => {
  expect(await lossBehind(damaged, lease(0), engine)).toBeUndefined();
  await spoil(1);
  const full = new BesedaError("The disk is full.", { code: "unavailable" });
  expect(await lossBehind(full, lease(0), engine)).toBeUndefined();
  expect(keys()).toEqual(["part/1", "part/2", "part/3"]);
});

it("parts that are lost are done still, until the batch was woken after it was told", async () => {
  await spoil(1);
  await lossBehind(damaged, lease(1), engine);
  // Such as by one that comes after a crash.
  await forgetLost(lease(1), engine);
  expect(keys()).toContain("part/1");
  await forgetLost(lease(2), engine);
  expect(keys()).toEqual(["part/2", "part/3"]);
  expect(await engine.files.list(`${folder}/out/`)).toEqual([outputOf(folder, 2), outputOf(folder, 3)]);
});

it("what was put back is kept", async () => {
  await engine.files.delete(outputOf(folder, 2));
  await lossBehind(damaged, lease(0), engine);
  await engine.files.put(outputOf(folder, 2), sealed(writeJsonLines(jsonOfEach(results(1)))));
  await forgetLost(lease(1), engine);
  expect(keys()).toEqual(["part/1", "part/2", "part/3"]);
});
