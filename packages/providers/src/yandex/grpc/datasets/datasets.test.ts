import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BesedaError } from "@beseda/core";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer } from "../../../../../../test/fakes/yandex/yandex-server.ts";
import { type YandexConnection, yandexConnection } from "../../connection/connection.ts";
import { parquetRows } from "../batches/parquet.ts";
import type { Dataset } from "./dataset.ts";
import { type YandexDatasets, yandexDatasets } from "./datasets.ts";
import { InvalidDatasetError, type PutProgress } from "./put-dataset.ts";
import { uploadFile } from "./upload-dataset.ts";

const start = () => startYandexServer({ grpc: true });
let server: Awaited<ReturnType<typeof start>>;
let connection: YandexConnection;
let datasets: YandexDatasets;
const folder = mkdtempSync(join(tmpdir(), "beseda-datasets-"));

beforeEach(async () => {
  server = await start();
  connection = yandexConnection({ ...server.settings, retry: { retries: 1, longestWaitMs: 0 } });
  datasets = yandexDatasets({ connection });
});
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true }));

const taskType = "TextToTextGeneration";
const row = (text: string) => ({ request: [{ role: "user", text }], response: `re: ${text}` });
const rows = ["один", "two", "three"].map(row);
const named = { name: "greetings", taskType };

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

async function listed(): Promise<Dataset[]> {
  const all: Dataset[] = [];
  for await (const dataset of datasets.list()) all.push(dataset);
  return all.filter(({ status }) => status !== "DELETING");
}

const calls = (method: string) => server.ledger.filter(({ path }) => path.endsWith(`DatasetService/${method}`)).length;
const puts = () => server.ledger.filter(({ method }) => method === "PUT");

describe("put", () => {
  it("makes a dataset of rows, and tells of each step", async () => {
    const steps: PutProgress[] = [];
    const dataset = await datasets.put(
      { ...named, description: "how to greet", labels: { for: "test" }, rows },
      { pollMs: 1, onProgress: (step) => steps.push(step) },
    );
    expect(dataset).toMatchObject({ name: "greetings", taskType, status: "READY", rows: 3, rowErrors: [] });
    expect(dataset.labels).toMatchObject({ for: "test" });
    expect(new Set(steps.map(({ step }) => step))).toEqual(new Set(["checked", "created", "uploaded", "validating"]));
    expect(steps.at(-1)).toMatchObject({ totalRows: 3, processedRows: 3, validRows: 3 });
    const [put] = puts();
    expect(put?.headers).not.toHaveProperty("authorization");
    expect(put?.headers["content-length"]).toBe(String(dataset.sizeBytes));
  });

  it("tells of row 17 of 1,000 without a single request", async () => {
    const thousand = Array.from({ length: 1_000 }, (_, index) => (index === 16 ? { response: "x" } : row("x")));
    const error = await failureOf(datasets.put({ ...named, rows: thousand }));
    expect(error).toMatchObject({ code: "invalid-argument", message: "Row 17: request is missing." });
    expect(server.ledger).toEqual([]);
  });

  it("finds what it has made before, and takes no other rows under its name", async () => {
    const first = await datasets.put({ ...named, rows }, { pollMs: 1 });
    expect((await datasets.put({ ...named, rows }, { pollMs: 1 })).id).toBe(first.id);
    expect([calls("Create"), puts().length]).toEqual([1, 1]);
    const other = await failureOf(datasets.put({ ...named, rows: [...rows, row("more")] }));
    expect(other).toMatchObject({ code: "invalid-argument", message: expect.stringContaining(first.id) });
  });

  it("goes on with a draft, and with a validation, that a crash has left", async () => {
    const stop = new AbortController();
    server.grpc.datasets.plans.push({ unfinished: "release" });
    const left = datasets.put(
      { ...named, rows },
      {
        pollMs: 1,
        signal: stop.signal,
        onProgress: ({ step }) => step === "validating" && stop.abort("crash"),
      },
    );
    expect(await failureOf(left)).toBe("crash");
    expect((await listed()).map(({ status }) => status)).toEqual(["VALIDATING"]);
    const release = ({ step }: PutProgress) => step === "validating" && server.operations.release();
    const found = await datasets.put({ ...named, rows }, { pollMs: 1, onProgress: release });
    expect(found).toMatchObject({ status: "READY" });
    expect([calls("Create"), calls("Validate"), puts().length]).toEqual([1, 1, 1]);
  });

  it("leaves nothing behind that was refused, unless it is asked to", async () => {
    server.faults.add({ method: "PUT", raw: { status: 400, body: "" }, times: 2 });
    expect(await failureOf(datasets.put({ ...named, rows }))).toMatchObject({ code: "rejected" });
    expect(await listed()).toEqual([]);
    expect(await failureOf(datasets.put({ ...named, rows }, { keepFailed: true }))).toMatchObject({ status: 400 });
    expect(await listed()).toMatchObject([{ status: "DRAFT" }]);
  });

  it("goes on with what a passing failure has left", async () => {
    server.faults.add({ method: "PUT", raw: { status: 500, body: "" }, times: 4 });
    expect(await failureOf(datasets.put({ ...named, rows }))).toMatchObject({ code: "unavailable" });
    expect(await listed()).toMatchObject([{ status: "DRAFT" }]);
    server.faults.clear();
    expect(await datasets.put({ ...named, rows }, { pollMs: 1 })).toMatchObject({ status: "READY" });
    expect(calls("Create")).toBe(1);
  });

  it("tells the rows that the service does not take", async () => {
    const { id } = await datasets.create(named);
    // Nobody checks these: they are put past us.
    const file = join(folder, "bad.jsonl");
    writeFileSync(file, `${JSON.stringify(row("good"))}\n{"request":[]}\n`);
    await uploadFile({ connection, datasetId: id, file, size: readFileSync(file).length });
    const verdict = await datasets.validate(id, { pollMs: 1 });
    expect(verdict).toMatchObject({ isValid: false, rowErrors: [{ description: expect.any(String) }] });
    expect(verdict.rowErrors[0]?.rows).toHaveLength(1);
    expect(await datasets.validate(id)).toEqual(verdict);
    expect(await datasets.describe(id)).toMatchObject({ status: "INVALID", rowErrors: verdict.rowErrors });
    const told = new InvalidDatasetError(id, verdict.rowErrors);
    expect(told.message).toMatch(/in row \d+\.$/);
  });

  it("asks for another address when the first has expired, once", async () => {
    const { id } = await datasets.create(named);
    const expiry = {
      status: 403,
      body: "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>",
    };
    server.faults.add({ method: "PUT", raw: expiry });
    await datasets.upload(id, rows);
    expect(calls("GetUploadDraftUrl")).toBe(2);
    server.faults.add({ method: "PUT", raw: expiry, times: 2 });
    const error = await failureOf(datasets.upload(id, rows));
    expect(error).toMatchObject({ status: 403, message: expect.stringContaining("Request has expired") });
    expect(error.advice).not.toMatch(/[0-9a-f]{64}/);
  });
});

describe("datasets", () => {
  it("above the size of one piece go up in parts, in order", async () => {
    server.grpc.storage.leastPartBytes = 1_000;
    const { id } = await datasets.create(named);
    const file = join(folder, "parts.jsonl");
    writeFileSync(file, Array.from({ length: 200 }, (_, index) => `${JSON.stringify(row(`row ${index}`))}\n`).join(""));
    const size = readFileSync(file).length;
    const sent: number[] = [];
    await uploadFile({ connection, datasetId: id, file, size, chunk: 3_000, onProgress: (bytes) => sent.push(bytes) });
    expect(puts()).toHaveLength(Math.floor(size / 3_000));
    expect(sent.at(-1)).toBe(size);
    expect(await datasets.validate(id, { pollMs: 1 })).toEqual({ isValid: true, rowErrors: [] });
    expect((await datasets.preview(id))[0]).toContain("row 0");
  });

  it("come back as Parquet, the files in the order of their rows, nothing unfinished beside them", async () => {
    server.grpc.datasets.rowsPerFile = 1;
    const many = Array.from({ length: 11 }, (_, index) => row(`row ${index}`));
    const { id } = await datasets.put({ ...named, rows: many }, { pollMs: 1 });
    const directory = join(folder, "down", "here");
    const files = await datasets.download(id, directory);
    const read: unknown[] = [];
    for (const file of files) for await (const each of parquetRows(file)) read.push(each);
    expect(read).toEqual(many);
    expect(readdirSync(directory)).toHaveLength(11);
    expect(files[10]).toBe(join(directory, `${id}-11.parquet`));
  });

  it("come back whole or not at all", async () => {
    const { id } = await datasets.put({ ...named, rows }, { pollMs: 1 });
    const directory = join(folder, "cut");
    server.faults.add({ method: "GET", path: "datasets-prod", cut: 20, times: 2 });
    expect(await failureOf(datasets.download(id, directory))).toMatchObject({ code: "unavailable" });
    expect(readdirSync(directory)).toEqual([]);
    server.faults.add({ method: "GET", path: "datasets-prod", raw: { status: 200, body: "<html>" } });
    expect(await failureOf(datasets.download(id, directory))).toMatchObject({ code: "bad-response" });
    const expired = { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" };
    server.faults.add({ method: "GET", path: "datasets-prod", raw: expired });
    const [file = ""] = await datasets.download(id, directory);
    expect([file, existsSync(file)]).toEqual([join(directory, `${id}.parquet`), true]);
  });

  it("are listed page after page, changed and deleted", async () => {
    for (let index = 0; index < 3; index++) await datasets.create({ ...named, name: `set-${index}` });
    expect((await listed()).map(({ name }) => name)).toEqual(["set-0", "set-1", "set-2"]);
    const filtered: string[] = [];
    for await (const { name } of datasets.list({ name: "-1", status: ["DRAFT"], taskTypes: [taskType] }))
      filtered.push(name);
    expect(filtered).toEqual(["set-1"]);
    server.grpc.datasets.limit = 1_000;
    for (let index = 3; index < 250; index++) server.grpc.datasets.create({ name: `set-${index}`, taskType });
    const before = calls("List");
    expect(new Set((await listed()).map(({ name }) => name)).size).toBe(250);
    expect(calls("List") - before).toBe(3);
    const [first] = await listed();
    const id = first?.id ?? "";
    await datasets.update(id, { description: "changed", labels: { a: "b" } });
    expect(await datasets.describe(id)).toMatchObject({ name: "set-0", description: "changed", labels: { a: "b" } });
    await datasets.delete(id);
    expect((await listed()).map(({ name }) => name)).not.toContain("set-0");
    expect(await datasets.types()).toContain(taskType);
    expect(await datasets.schemas(taskType)).toMatchObject([{ taskType, uploadFormat: "jsonlines" }]);
  });

  it("say over TLS too who asks, and what to do about an authority that is not trusted", async () => {
    const { secure, authority } = server.grpc;
    const endpoints = { ...server.settings.endpoints, grpc: `https://${secure}` };
    const trusting = { ...server.settings, endpoints, rootCertificates: authority };
    expect(await yandexDatasets(trusting).types()).toContain(taskType);
    const error = await failureOf(yandexDatasets({ ...server.settings, endpoints, retry: { retries: 0 } }).types());
    expect(error).toMatchObject({ code: "unavailable", hint: expect.stringContaining("rootCertificates") });
    const stranger = await failureOf(yandexDatasets({ ...trusting, apiKey: "AQVNof-nobody" }).types());
    expect(stranger).toMatchObject({ code: "unauthorized", status: 401 });
    expect(stranger.advice).not.toContain("of-nobody");
  });
});
