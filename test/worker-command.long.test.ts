// `beseda worker` as a supervisor meets it: what it takes, how it stops, and what it says where its server is away.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs, directoryFiles, localEngine } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { startCommand } from "./fakes/beseda-command.ts";
import { hasRedis, startRedis } from "./servers/redis-server.ts";

const limitMs = 90_000;
let folder = "";
// Where the packages are found that it imports.
const agent = join(import.meta.dirname, `shop-${process.pid}.ts`);

beforeAll(() => {
  writeFileSync(
    agent,
    `import { Agent } from "@beseda/core";
     import { offline } from "@beseda/providers/offline";
     const name: string = "shop";
     export default new Agent({ name, model: offline({ delayMs: Number(process.env.DELAY_MS ?? 0) }) });`,
  );
});
afterAll(() => rmSync(agent));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "beseda-worker-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);

describe("beseda worker", { timeout: limitMs }, () => {
  it("works on what others begin, and ends with 0 when it is told to stop", async () => {
    const { child, told, ended } = startCommand(["worker", "--agent", agent, "--jobs", at("jobs")], { HOME: folder });
    await told("Working for “shop”");
    const jobs = createJobs({ engine: localEngine(at("jobs")), work: false });
    expect((await (await jobs.start("shop", "Hello")).result()).text).toContain("Hello!");
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ exitCode: 0, signal: null, out: "" });
    await jobs.close();
  });

  it("gives back what it cannot finish, which the next one goes on with, and ends at once with a second signal", async () => {
    const slow = { HOME: folder, DELAY_MS: "60000" };
    const jobs = createJobs({ engine: localEngine(at("jobs")), work: false });
    const asked = await jobs.start("shop", "Hello");
    const first = startCommand(["worker", "--agent", agent, "--jobs", at("jobs")], slow);
    await expect.poll(async () => (await asked.poll()).state, { timeout: 30_000 }).toBe("running");
    first.child.kill("SIGTERM");
    await first.told("Stopping");
    first.child.kill("SIGTERM");
    expect(await first.ended).toMatchObject({ exitCode: null, signal: "SIGTERM" });
    const second = startCommand(["worker", "--agent", agent, "--jobs", at("jobs")], { HOME: folder });
    expect((await asked.result()).text).toContain("Hello!");
    second.child.kill("SIGINT");
    expect((await second.ended).exitCode).toBe(0);
    await jobs.close();
  });

  it.skipIf(!hasRedis)("works by a Redis that the environment names, without ever telling its address", async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.remove());
    const address = redis.url.replace("redis://", "redis://:top-secret@");
    const place = ["--redis", "--files", at("files")];
    // This Redis has no passwords, and refuses one.
    const refused = startCommand(["worker", "--agent", agent, ...place], { HOME: folder, REDIS_URL: address });
    const worker = startCommand(["worker", "--agent", agent, ...place], { HOME: folder, REDIS_URL: redis.url });
    const engine = bullmqEngine({ connection: redis.url, files: directoryFiles(at("files")) });
    const jobs = createJobs({ engine, work: false });
    expect((await (await jobs.start("shop", "Hello")).result()).text).toContain("Hello!");
    await jobs.close();
    for (const { child, told, ended } of [refused, worker]) {
      await told("Working for");
      child.kill("SIGTERM");
      const { exitCode, err } = await ended;
      expect(err).not.toContain("top-secret");
      expect(exitCode, err).toBe(0);
    }
  });

  it("stops within its time though its server is away", async () => {
    const place = ["--redis", "redis://:top-secret@127.0.0.1:9", "--files", at("files")];
    const { child, told, ended } = startCommand(["worker", "--agent", agent, ...place], { HOME: folder });
    await told("Working for");
    child.kill("SIGTERM");
    const { exitCode, err } = await ended;
    expect([exitCode, err.includes("top-secret")]).toEqual([0, false]);
  });
});
