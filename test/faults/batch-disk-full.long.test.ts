// B4 of a batch: its folder and its output are on a disk of 2 MB. Needs the right to mount one.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type LanguageModel } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";

const disk = fs.mkdtempSync(join(tmpdir(), "beseda-disk-full-"));
let isMounted = false;
beforeAll(() => {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], { stdio: "ignore" });
    isMounted = true;
  } catch {
    console.warn("No disk of 2 MB can be mounted here: what happens when it is full is not tested.");
  }
});
afterAll(() => {
  if (isMounted) execFileSync("umount", ["-l", disk]);
  fs.rmSync(disk, { recursive: true, force: true });
});

const rows = 600;
const concurrency = 8;
const answerTo = (prompt: unknown) => `Answer to ${prompt}: ${String(prompt).repeat(300)}`;
const dataset = Array.from({ length: rows }, (_, id) => ({ id, prompt: `question ${id}` }));

it("a batch whose disk is full names the file, and with room again goes on without losing a row", {
  timeout: 120_000,
}, async ({ skip }) => {
  if (!isMounted) skip();
  let asked = 0;
  const model: LanguageModel = {
    provider: "test",
    modelId: "long",
    async *stream({ messages }) {
      asked++;
      const last = messages.at(-1);
      yield [
        { type: "text-delta", text: answerTo(last?.role === "user" ? last.content : "") },
        { type: "finish", finishReason: "stop" },
      ];
    },
  };
  const agent = new Agent({ name: "clerk", model });
  const output = join(disk, "answers.parquet");
  const warned = new Promise<Error>((resolve) => process.once("warning", resolve));
  const jobs = createJobs({ engine: localEngine(join(disk, "jobs")) });
  onTestFinished(() => jobs.close());
  const batch = await jobs.batch(agent, dataset, { output, concurrency });
  // What is wrong is kept with the batch, unless there is no room even for that.
  const stopped = batch.wait().then(({ metadata }) => metadata.stopped);
  const told = await Promise.race([warned, stopped]);
  expect(told).toMatchObject({
    message: expect.stringContaining(`${join(disk, "jobs", "jobs.db")}: the disk is full`),
  });
  expect(asked).toBeLessThan(rows);
  expect(fs.existsSync(output)).toBe(false);

  execFileSync("mount", ["-o", "remount,size=64m", disk]);
  let resumed = batch;
  // An attempt that met the full disk may still have to say so.
  for (let attempt = 0; attempt < 3 && !resumed.done; attempt++) {
    resumed = await (await jobs.batch(agent, dataset, { output, concurrency, resume: true })).wait();
  }
  expect(resumed).toMatchObject({ done: true, response: { answered: rows, failed: 0 } });
  const answers = await parquetReadObjects({ file: await asyncBufferFromFile(output) });
  expect(answers.map(({ response }) => response)).toEqual(dataset.map(({ prompt }) => answerTo(prompt)));
  expect(asked).toBeLessThanOrEqual(rows + 2 * concurrency);
});

it("a batch whose output does not fit on its disk waits and names it, and with room again is only put together", {
  timeout: 120_000,
}, async ({ skip }) => {
  if (!isMounted) skip();
  execFileSync("mount", ["-o", "remount,size=64m", disk]);
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-disk-full-jobs-"));
  const jobs = createJobs({ engine: localEngine(folder) });
  onTestFinished(async () => {
    await jobs.close();
    fs.rmSync(folder, { recursive: true });
  });
  let asked = 0;
  const model: LanguageModel = {
    provider: "test",
    modelId: "incompressible",
    async *stream() {
      asked++;
      yield [
        { type: "text-delta", text: randomBytes(4_000).toString("base64") },
        { type: "finish", finishReason: "stop" },
      ];
    },
  };
  const agent = new Agent({ name: "another clerk", model });
  const output = join(disk, "large.parquet");
  const filler = join(disk, "filler");
  fs.writeFileSync(filler, Buffer.alloc(fs.statfsSync(disk).bavail * fs.statfsSync(disk).bsize - 500_000));
  const batch = await (await jobs.batch(agent, dataset, { output, concurrency })).wait();
  expect(batch).toMatchObject({ state: "waiting", metadata: { finished: rows } });
  expect(batch.metadata.stopped).toMatchObject({ message: expect.stringContaining(output) });
  expect(fs.readdirSync(disk).filter((name) => name.startsWith("large.parquet"))).toEqual([]);
  fs.rmSync(filler);
  const resumed = await jobs.batch(agent, dataset, { output, concurrency, resume: true });
  expect(await resumed.result()).toMatchObject({ answered: rows, failed: 0 });
  expect(asked).toBe(rows);
});
