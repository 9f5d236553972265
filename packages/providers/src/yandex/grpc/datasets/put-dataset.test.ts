import { mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BesedaError } from "@beseda/core";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startYandexServer } from "../../../../../../test/fakes/yandex/yandex-server.ts";
import { type YandexConnection, yandexConnection } from "../../connection/connection.ts";
import { yandexDatasets } from "./datasets.ts";
import { uploadFile } from "./upload-dataset.ts";

const start = () => startYandexServer({ grpc: true });
let server: Awaited<ReturnType<typeof start>>;
const folder = mkdtempSync(join(tmpdir(), "beseda-put-"));

beforeEach(async () => {
  server = await start();
});
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true }));

const connect = (): YandexConnection => yandexConnection({ ...server.settings, retry: { retries: 0 } });
const datasets = () => yandexDatasets({ connection: connect() });
const named = { name: "pairs", taskType: "TextEmbeddingsPair" };
const rows = [{ anchor: "a", positive: "b" }];
const put = () => datasets().put({ ...named, rows }, { pollMs: 1 });
const calls = (method: string) => server.ledger.filter(({ path }) => path.endsWith(`DatasetService/${method}`)).length;
const kept = () => server.grpc.datasets.all.filter(({ status }) => status !== "DELETING");

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

describe("put, where others put the same,", () => {
  it.each(["GetUploadDraftUrl", "Validate"])("gives what they made ready while it was at %s", async (method) => {
    let goOn = () => {};
    const until = new Promise<void>((resolve) => (goOn = resolve));
    server.faults.add({ path: `DatasetService/${method}`, until });
    const late = put();
    await vi.waitFor(() => expect(calls(method)).toBe(1));
    const ready = await put();
    goOn();
    expect(await late).toMatchObject({ id: ready.id, status: "READY" });
    expect(calls("Delete")).toBe(0);
  });

  it("ends with one dataset for all, though each has made one", async () => {
    let goOn = () => {};
    const until = new Promise<void>((resolve) => (goOn = resolve));
    server.faults.add({ path: "DatasetService/Create", until, times: 2 });
    const both = Promise.all([put(), put()]);
    await vi.waitFor(() => expect(calls("Create")).toBe(2));
    goOn();
    const [one, other] = await both;
    expect(other.id).toBe(one.id);
    expect(kept().map(({ id, status }) => [id, status])).toEqual([[one.id, "READY"]]);
  });

  it("finds its own among others of the name, and keeps it findable when its labels are changed", async () => {
    server.grpc.datasets.create(named);
    const mine = await datasets().put({ ...named, name: "mine", rows }, { pollMs: 1 });
    await datasets().update(mine.id, { name: named.name, labels: { a: "b" } });
    expect(await put()).toMatchObject({ id: mine.id, labels: { a: "b" } });
    expect(await datasets().update(mine.id, {})).toMatchObject({ id: mine.id });
    expect(calls("Update")).toBe(1);
  });
});

describe("put, where something fails,", () => {
  it.each([
    ["a key that is not accepted", { refuse: { code: 16 as const, message: "Unknown api key" } }],
    ["an answer that is lost", { cut: "answer" as const }],
  ])("leaves what it has made to the next call after %s", async (_, fault) => {
    server.faults.add({ path: "DatasetService/Validate", ...fault });
    await failureOf(put());
    expect(kept()).toHaveLength(1);
    expect(await put()).toMatchObject({ status: "READY" });
    expect(calls("Create")).toBe(1);
  });

  it.each([5, 13])("deletes what the service could not look through (%i), and begins anew", async (code) => {
    server.grpc.datasets.plans.push({ unfinished: 1, error: { code, message: "no room" } });
    const error = await failureOf(put());
    expect(error.message).toMatch(/^The validation of the dataset fds\w+ failed: .*no room/);
    expect(kept()).toEqual([]);
    expect(await put()).toMatchObject({ status: "READY" });
  });

  it("does not take a file that was changed after it had been checked, of whatever size it is", async () => {
    const file = join(folder, "changing.jsonl");
    const text = (letter: string) => `${JSON.stringify({ anchor: letter, positive: "b" })}\n`;
    writeFileSync(file, text("a"));
    const change = () => {
      const { mtimeMs } = statSync(file);
      writeFileSync(file, text("z"));
      utimesSync(file, new Date(), new Date(mtimeMs + 5_000));
    };
    const error = await failureOf(
      datasets().put({ ...named, rows: file }, { onProgress: ({ step }) => step === "created" && change() }),
    );
    expect(error).toMatchObject({ code: "invalid-argument", message: expect.stringContaining("was changed") });
    expect(kept()).toEqual([]);
  });

  it("says so where the service gives no address, or no mark of a part", async () => {
    const { id } = await datasets().create(named);
    const file = join(folder, "parts.jsonl");
    writeFileSync(file, "x".repeat(4_000));
    const upload = (chunk: number) =>
      failureOf(uploadFile({ connection: connect(), datasetId: id, file, size: 4_000, chunk }));
    server.grpc.storage.leastPartBytes = 1_000;
    server.faults.add({ method: "PUT", raw: { status: 200, body: "" } });
    expect(await upload(2_000)).toMatchObject({ code: "bad-response", message: expect.stringContaining("ETag") });
    server.grpc.datasets.uploadUrl = () => "";
    expect(await upload(5_000)).toMatchObject({ code: "bad-response", message: expect.stringContaining("no address") });
  });

  it("tells what the system has against its files", async () => {
    const { id } = await put();
    mkdirSync(join(folder, `${id}.parquet`));
    const download = await failureOf(datasets().download(id, folder));
    expect(download).toMatchObject({
      code: "invalid-argument",
      message: expect.stringMatching(/cannot|can be written/),
    });
    vi.stubEnv("TMPDIR", join(folder, "nowhere"));
    const temporary = await failureOf(put());
    vi.unstubAllEnvs();
    expect(temporary).toMatchObject({ code: "invalid-argument", hint: expect.stringContaining("TMPDIR") });
  });
});
