// Files of jobs in a bucket, against a storage that checks signatures and refuses what S3 refuses.
import { afterEach, describe, expect, it, vi } from "vitest";
import { type S3Server, startS3Server } from "../../../../test/fakes/s3-server.ts";
import { jobFilesCases } from "../testing/index.ts";
import { s3Files, s3FilesFromEnv } from "./s3-files.ts";

let server: S3Server;

async function open(settings?: Parameters<typeof startS3Server>[0]) {
  server = await startS3Server(settings);
  return s3Files({ ...server.settings, prefix: "some/prefix" });
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await server?.close();
});

async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const bytes = (text: string) => [Buffer.from(text)];

describe("s3Files", { timeout: 30_000 }, () => {
  for (const { name, run } of jobFilesCases(async () => ({ files: await open() }))) it(name, run);

  it("lists and deletes more names than a page holds", async () => {
    const files = await open({ pageSize: 3 });
    const names = Array.from({ length: 10 }, (_, n) => `a/${n}`);
    for (const name of [...names, "b"]) await files.put(name, bytes(name));
    expect(await files.list("a/")).toEqual(names);
    await files.delete("a/");
    expect(await files.list("")).toEqual(["b"]);
  });

  it("tells a put whose answer was lost from one that came too late", async () => {
    const files = await open();
    await files.put("first", bytes("first"));
    server.faults.push("cut-after");
    expect(await files.put("a", bytes("ours"))).toBe(true);
    server.faults.push("cut-before");
    expect(await files.put("a", bytes("theirs"))).toBe(false);
    expect(await textOf(files.get("a"))).toBe("ours");
  });

  it("does the same for a file in parts, and leaves no upload behind", { timeout: 20_000 }, async () => {
    const files = await open();
    const large = Buffer.alloc(17 * 1024 * 1024, "x");
    // The check of the store takes two requests, the beginning one, the parts two.
    server.faults.push("none", "none", "none", "none", "none", "cut-after");
    expect(await files.put("large", [large])).toBe(true);
    expect(server.ledger.filter((line) => line.startsWith("POST some/prefix/large?uploadId"))).toHaveLength(2);
    expect(await files.put("large", [large])).toBe(false);
    expect(server.uploads.size).toBe(0);
    expect(server.objects.get("some/prefix/large")?.bytes.equals(large)).toBe(true);
  });

  it("drops the upload of a file whose bytes end in an error", { timeout: 20_000 }, async () => {
    const files = await open();
    async function* breaking() {
      yield Buffer.alloc(33 * 1024 * 1024);
      throw new Error("The source is broken.");
    }
    await expect(files.put("large", breaking())).rejects.toThrow("The source is broken.");
    expect(server.uploads.size).toBe(0);
    expect(await files.list("")).toEqual([]);
  });

  it("sends again what failed by the store's fault, as late as the store asks", async () => {
    const files = await open();
    await files.put("a", bytes("a"));
    server.faults.push({ status: 503, code: "SlowDown", headers: { "retry-after": "0" } }, "cut-before");
    expect(await textOf(files.get("a"))).toBe("a");
    server.faults.push({ status: 500, code: "InternalError", headers: { "retry-after": "0" } });
    expect(await files.list("")).toEqual(["a"]);
  });

  it("refuses a store that overlooks the condition of a write, before anything is written", async () => {
    const files = await open({ hasConditions: false });
    await expect(files.put("a", bytes("a"))).rejects.toMatchObject({ code: "unsupported" });
    expect(server.objects.has("some/prefix/a")).toBe(false);
  });

  it("says what is wrong with key, region, bucket and clock, with no secret in it", async () => {
    await open();
    const { settings } = server;
    const wrong = [
      { change: { secretAccessKey: "another-secret" }, told: "SignatureDoesNotMatch", code: "unauthorized" },
      { change: { accessKeyId: "AKIAOTHER" }, told: "InvalidAccessKeyId", code: "unauthorized" },
      { change: { region: "eu" }, told: "AuthorizationHeaderMalformed", code: "rejected" },
      { change: { bucket: "another" }, told: "NoSuchBucket", code: "not-found" },
    ];
    for (const { change, told, code } of wrong) {
      const files = s3Files({ ...settings, ...change });
      for (const call of [() => textOf(files.get("a")), () => files.put("a", bytes("a")), () => files.list("")]) {
        const error = await call().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code, message: expect.stringContaining(told) });
        expect(JSON.stringify([error, String(error)])).not.toMatch(/canary|another-secret|AKIA/);
      }
    }
    await server.close();
    server = await startS3Server({ now: () => Date.now() + 3_600_000 });
    await expect(s3Files(server.settings).list("")).rejects.toThrow("RequestTimeTooSkewed");
  });

  it("takes its settings from the environment, and names what is missing", async () => {
    await open();
    const { endpoint, bucket, region, accessKeyId, secretAccessKey } = server.settings;
    vi.stubEnv("BESEDA_S3_BUCKET", bucket);
    vi.stubEnv("AWS_ENDPOINT_URL_S3", endpoint);
    vi.stubEnv("AWS_REGION", region);
    vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
    expect(() => s3FilesFromEnv()).toThrow("AWS_SECRET_ACCESS_KEY is not set");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
    await s3FilesFromEnv({ prefix: "p" }).put("a", bytes("a"));
    expect(server.objects.has("p/a")).toBe(true);
  });

  it("refuses settings that cannot be right", () => {
    const settings = {
      endpoint: "https://host",
      bucket: "bucket",
      region: "r",
      accessKeyId: "a",
      secretAccessKey: "s",
    };
    expect(() => s3Files({ ...settings, endpoint: "host" })).toThrow("no address");
    expect(() => s3Files({ ...settings, bucket: "../x" })).toThrow("no name of a bucket");
    expect(() => s3Files({ ...settings, prefix: "../x" })).toThrow("no name of a file");
  });
});
