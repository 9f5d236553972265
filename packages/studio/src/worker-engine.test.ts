import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type WorkerPlace, workerEngine } from "./worker-engine.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-worker-engine-"));
afterAll(() => rmSync(folder, { recursive: true }));

const files = folder;
const secret = "redis://user:top-secret@example.com:6379";

describe("where a worker takes its jobs from", () => {
  it("is a folder, or a server that the options or the environment name, and whose address is told to nobody", async () => {
    expect((await workerEngine({ jobs: folder }, {})).place).toBe(folder);
    expect((await workerEngine({ redis: secret, files }, {})).place).toBe("Redis");
    expect((await workerEngine({ redis: true, files }, { REDIS_URL: secret })).place).toBe("Redis");
    expect((await workerEngine({ postgres: true, files }, { DATABASE_URL: "postgres://u:p@h/d" })).place).toBe(
      "Postgres",
    );
  });

  it("is asked for in words where the options do not fit together", async () => {
    const refused = async (place: WorkerPlace, says: RegExp) => {
      const error = await workerEngine(place, {}).then(
        () => undefined,
        (thrown) => thrown,
      );
      expect(error?.advice).toMatch(says);
      expect(error?.advice).not.toContain("top-secret");
      expect(["invalid-argument", "missing-setting"]).toContain(error?.code);
    };
    await refused({ redis: true, files }, /REDIS_URL is not set/);
    await refused({ postgres: true, files }, /DATABASE_URL is not set/);
    await refused({ redis: secret }, /--files DIR.*or --s3/);
    await refused({ redis: secret, files, s3: true }, /--files and --s3 exclude/);
    await refused({ redis: secret, postgres: true, files }, /--redis and --postgres exclude/);
    await refused({ redis: secret, jobs: folder, files }, /--redis and --jobs exclude/);
    await refused({ files }, /belong to --redis and --postgres/);
    await refused({ s3: "bucket" }, /belong to --redis and --postgres/);
    await refused({ redis: secret.replace("redis:", "http:"), files }, /no address of Redis/);
  });
});
