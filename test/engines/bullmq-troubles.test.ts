// What the engine on BullMQ says of a server that refuses it, and what is left of jobs that are finished and deleted at once.
import { rm, writeFile } from "node:fs/promises";
import type { JobEngine, JobFiles } from "@beseda/core";
import { directoryFiles } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { hasRedis, startRedis } from "../servers/redis-server.ts";
import { answers, type TestServer, temporaryFolder } from "../servers/server-process.ts";
import { newPrefix } from "./bullmq-bench.ts";

const engines: JobEngine[] = [];
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.close()));
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFiles(): Promise<JobFiles> {
  const folder = await temporaryFolder("troubles");
  folders.push(folder);
  return directoryFiles(folder);
}

function opened(connection: string, files: JobFiles, prefix = newPrefix()): JobEngine {
  const engine = bullmqEngine({ connection, prefix, files });
  engines.push(engine);
  return engine;
}

const newJob = { id: "a", queue: "work", kind: "run", spec: 1, labels: { of: "x" } };
const claim = (engine: JobEngine) =>
  engine.claim({ queue: "work", kinds: ["run"], signal: new AbortController().signal });

describe.skipIf(!hasRedis)(`bullmqEngine on Redis${hasRedis ? "" : " (skipped: no redis-server here)"}`, () => {
  let redis: TestServer;
  beforeAll(async () => {
    redis = await startRedis();
    const port = Number(new URL(redis.url).port);
    const acl = "ACL SETUSER app on >right ~other:* +@all\r\n";
    expect(await answers(port, acl, "+OK")).toBe(true);
    expect(await answers(port, "CONFIG SET requirepass top-secret\r\n", "+OK")).toBe(true);
  });
  afterAll(() => redis.remove());

  it.each([
    ["a wrong password", ":bad-secret@", "", "unauthorized"],
    ["no password", "", "", "unauthorized"],
    ["a user who may not write these keys", "app:right@", "", "unauthorized"],
    ["a database that there is not", ":top-secret@", "/99", "invalid-argument"],
  ])("says at once, to whoever begins and to whoever works, that it was given %s", async (_, user, database, code) => {
    const files = await newFiles();
    const engine = opened(redis.url.replace("//", `//${user}`) + database, files);
    const refusal = { code, isRetryable: false, message: expect.stringContaining(redis.url), hint: expect.any(String) };
    await expect(claim(engine)).rejects.toMatchObject(refusal);
    await expect(engine.create(newJob)).rejects.toMatchObject(refusal);
    expect(await engine.list()).toEqual([]);
    expect(await files.list("jobs/")).toEqual([]);
  });

  it("goes on without a job whose files are damaged, with one warning, until it is deleted", async () => {
    const files = await newFiles();
    const connection = redis.url.replace("//", "//:top-secret@");
    const prefix = newPrefix();
    const beginner = opened(connection, files, prefix);
    for (const id of ["a", "b"]) await beginner.create({ ...newJob, id });
    await writeFile(`${folders.at(-1)}/jobs/a/log/00000001`, "{");
    const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const engine = opened(connection, files, prefix);
    expect((await claim(engine))?.job.id).toBe("b");
    expect((await engine.list()).map(({ id }) => id)).toEqual(["b"]);
    await expect(engine.get("a")).rejects.toMatchObject({ code: "damaged" });
    expect(warned.mock.calls.map(String)).toEqual([expect.stringContaining("jobs/a/log/00000001")]);
    warned.mockRestore();
    await engine.delete("a");
    await engine.create(newJob);
    expect((await claim(engine))?.job.id).toBe("a");
  });

  it("does not count an attempt for which the journal could not be opened", async () => {
    const files = await newFiles();
    let failures = 2;
    const flaky: JobFiles = {
      ...files,
      async list(prefix) {
        if (prefix === "jobs/a/journal/" && failures-- > 0) throw new Error("The files are away.");
        return files.list(prefix);
      },
    };
    const engine = opened(redis.url.replace("//", "//:top-secret@"), flaky);
    await engine.create(newJob);
    for (const _ of [1, 2]) await expect(claim(engine)).rejects.toThrow("away");
    expect((await claim(engine))?.job.attempts).toBe(1);
  });

  it("leaves no trace of a job that is deleted while its worker puts it among those that are done", async () => {
    const files = await newFiles();
    const connection = redis.url.replace("//", "//:top-secret@");
    const prefix = newPrefix();
    const other = opened(connection, files, prefix);
    const slow: JobFiles = {
      ...files,
      async put(name, bytes) {
        if (name.startsWith("job-index/done/")) await other.delete("a");
        return files.put(name, bytes);
      },
    };
    const engine = opened(connection, slow, prefix);
    await engine.create(newJob);
    await (await claim(engine))?.finish({ response: 1 });
    expect(await engine.count()).toEqual({ queued: 0, running: 0, waiting: 0, done: 0 });
    expect(await files.list("job")).toEqual([]);
  });
});

it.skipIf(!hasRedis)("says of a Redis that throws jobs away what is to be done, in its own words alone", async () => {
  const redis = await startRedis({ maxmemoryPolicy: "allkeys-lru" });
  const warn = vi.spyOn(console, "warn");
  const engine = opened(redis.url, await newFiles());
  await expect(engine.create(newJob)).rejects.toMatchObject({ hint: expect.stringContaining("noeviction") });
  await expect(claim(engine)).rejects.toMatchObject({ message: expect.stringContaining("allkeys-lru") });
  expect(warn).not.toHaveBeenCalled();
  warn.mockRestore();
  await redis.remove();
});
