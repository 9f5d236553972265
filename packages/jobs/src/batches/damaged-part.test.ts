import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createJobs } from "../create-jobs.ts";
import { localEngine } from "../engines/local/local-engine.ts";
import { databasePath, defaultSqlite } from "../engines/local/open-database.ts";
import { batchIdOf, partIdOf, partKinds } from "./batch-place.ts";

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-damaged-"));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true });
});

it("a batch of which a part cannot be read waits and names it; once that is deleted, it is gone on with", async () => {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const engine = localEngine(dir);
  const agent = new Agent({ name: "a", model: scriptedModel(() => ({ text: "answer" })) });
  const jobs = createJobs({ engine, agents: [agent], work: false });
  const output = join(dir, "out.parquet");
  const part = partIdOf(batchIdOf(output), 1);
  await engine.create({ id: part, queue: "default", kind: partKinds.now, spec: "poison" });
  const database = (await defaultSqlite())(databasePath(dir), { busyMs: 1_000 });
  database.exec(`UPDATE jobs SET body = replace(body, 'poison', 'qoison')`);
  database.close();
  const stop = new AbortController();
  const working = jobs.work({ signal: stop.signal });
  const batch = await jobs.batch(agent, [{ prompt: "one" }], { output, calls: "sync" });
  await expect(batch.result()).rejects.toMatchObject({
    code: "damaged",
    message: expect.stringContaining(part),
    hint: expect.stringContaining("Delete this one by its id"),
  });
  await jobs.delete(part);
  const resumed = await jobs.batch(agent, [{ prompt: "one" }], { output, calls: "sync", resume: true });
  expect(await resumed.result()).toMatchObject({ rows: 1 });
  stop.abort();
  await working;
  await jobs.close();
});
