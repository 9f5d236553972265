// B13: a row that always kills its worker.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cells, openDataset } from "@beseda/jobs/datasets";
import { expect, it } from "vitest";
import type { PoisonedBatch } from "./batch-poison-child.ts";
import { bundled } from "./bundled.ts";

it("a row that always kills its worker is set aside after three crashes, and the other 199 are answered", {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "beseda-poison-"));
  const { path, remove } = await bundled("batch-poison-child.ts");
  const inFolder = (name: string) => join(folder, name);
  const work: PoisonedBatch = {
    folder: inFolder("jobs"),
    output: inFolder("out.parquet"),
    log: inFolder("log"),
    rows: 200,
    poison: 77,
  };
  try {
    let crashes = 0;
    let said: unknown;
    while (said === undefined && crashes < 10) {
      const child = fork(path, [JSON.stringify(work)], { stdio: "ignore" });
      child.on("message", (message) => {
        said = message;
      });
      await once(child, "exit");
      if (said === undefined) crashes++;
    }
    expect(crashes).toBe(3);
    expect(said).toEqual({ answered: 199, failed: 1 });
    const cells: Cells[] = [];
    for await (const rows of (await openDataset(work.output)).rows())
      for (const row of rows) if (row.cells) cells.push(row.cells);
    expect(cells.map(({ prompt }) => prompt)).toEqual(Array.from({ length: 200 }, (_, index) => `place ${index + 1}`));
    expect(cells.filter(({ error }) => error)).toMatchObject([
      { prompt: "place 77", response: null, attempts: 3, error: { code: "internal" } },
    ]);
    const dug = (await readFile(work.log, "utf8")).trim().split("\n");
    expect(dug.filter((place) => place === "place 77")).toHaveLength(3);
    // Whoever was there by chance is run again, and nobody else.
    expect(dug.length).toBeLessThanOrEqual(200 + 2 + 3 * 16);
  } finally {
    await remove();
    await rm(folder, { recursive: true });
  }
});
