// A file of requests that cannot be written.
import { Agent, BesedaError, type JobFiles } from "@beseda/core";
import { expect, it } from "vitest";
import { memoryEngine } from "../part/memory-engine.fake.ts";
import { partPlace, rowOf, workOn } from "../part-place.fake.ts";
import { memoryBatches } from "./memory-batches.fake.ts";

it("rows that wait to be written are let go where their file cannot even be begun", async () => {
  const engine = memoryEngine();
  const full = new BesedaError("The disk is full.", { code: "unavailable", isRetryable: true });
  const put: JobFiles["put"] = (name, bytes) =>
    name.includes("/rounds/") ? Promise.reject(full) : engine.files.put(name, bytes);
  const agent = new Agent({ model: memoryBatches(() => []) });
  const long = { ...rowOf(1), input: "x".repeat(4_100_000) };
  const place = await partPlace(agent, { rows: [long, { ...long, number: 2 }], calls: "batch" }, engine);
  await expect(workOn({ ...place, engine: { ...engine, files: { ...engine.files, put } } })).rejects.toBe(full);
});
