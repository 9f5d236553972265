// The jobs of a batch among those of an engine.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JobEngine } from "@beseda/core";
import { expect, it } from "vitest";
import { localEngine } from "../engines/local/local-engine.ts";
import { cancelParts, deleteBatch, partLabels } from "./batch-place.ts";

it("a part that its worker gives back while the parts are called off is called off, too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "beseda-batch-place-"));
  const engine = localEngine(folder);
  await engine.create({ id: "b-1", queue: "q", kind: "part", spec: {}, labels: partLabels("b") });
  const lease = await engine.claim({ queue: "q", kinds: ["part"], signal: new AbortController().signal });
  const list: JobEngine["list"] = async (filter) => {
    const found = await engine.list(filter);
    await lease?.release().catch(() => {});
    return found;
  };
  await cancelParts(Object.create(engine, { list: { value: list } }) as JobEngine, "b");
  expect(await engine.get("b-1")).toMatchObject({ state: "done", isCancelled: true });
  await engine.close();
  rmSync(folder, { recursive: true });
});

it("what a deletion that was cut short has left of parts goes with the batch, and its files before its job", async () => {
  const folder = mkdtempSync(join(tmpdir(), "beseda-batch-place-"));
  const engine = localEngine(folder);
  await engine.create({ id: "b", queue: "q", kind: "batch", spec: {} });
  for (const name of ["jobs/b-000001/log/00000002", "batches/b/parts.json", "jobs/c-000001/log/00000001"]) {
    await engine.files.put(name, []);
  }
  const dying = Object.create(engine, { delete: { value: () => Promise.reject(new Error("The process is dead.")) } });
  await expect(deleteBatch(dying as JobEngine, "b")).rejects.toThrow("dead");
  expect(await engine.get("b")).toBeDefined();
  expect(await engine.files.list("")).toEqual(["jobs/c-000001/log/00000001"]);
  await engine.close();
  rmSync(folder, { recursive: true });
});
