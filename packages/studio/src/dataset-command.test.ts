import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startYandexServer } from "../../../test/fakes/yandex/yandex-server.ts";
import * as datasets from "./dataset-command.ts";
import * as tuning from "./tune-command.ts";

const start = () => startYandexServer({ grpc: true });
let server: Awaited<ReturnType<typeof start>>;
let written = "";
const folder = mkdtempSync(join(tmpdir(), "beseda-dataset-command-"));

beforeEach(async () => {
  server = await start();
  vi.stubEnv("YC_API_KEY", server.settings.apiKey);
  vi.stubEnv("YC_FOLDER_ID", server.settings.folderId);
  vi.stubEnv("YC_GRPC_ENDPOINT", server.settings.endpoints.grpc);
  written = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  // Done when it is first asked after: nobody waits for a second here.
  server.grpc.datasets.plans.push({});
  server.grpc.tunings.plans.push({});
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await server.close();
});
afterAll(() => rmSync(folder, { recursive: true }));

const type = "TextToTextGeneration";
// The first test loads what gRPC needs.
vi.setConfig({ testTimeout: 30_000 });

function fileOf(name: string, rows: readonly unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const rows = Array.from({ length: 10 }, (_, index) => ({
  request: [{ role: "user", text: `question ${index}` }],
  response: "answer",
}));

function taken(): string {
  const text = written;
  written = "";
  return text;
}

describe("beseda dataset and beseda tune", () => {
  it("go from a file to a model: checked, uploaded, tuned, asked after", async () => {
    const file = fileOf("My lessons.jsonl", rows);
    expect(await datasets.check(file, { type })).toBe(0);
    expect(taken()).toBe(`${file} can be uploaded.\n`);
    expect(await datasets.create(file, { type, json: true })).toBe(0);
    const { id, name } = JSON.parse(taken());
    expect(name).toBe("my-lessons");
    expect(await datasets.list({})).toBe(0);
    expect(taken()).toMatch(new RegExp(`^${id}  READY +${type}  10 rows +my-lessons\n$`));
    expect(await datasets.show(id, {})).toBe(0);
    expect(taken()).toContain("READY");

    expect(await tuning.tune(id, { model: "yandexgpt-lite", name: "from the CLI", wait: true })).toBe(0);
    const [, task = "", model] = /^(ftn\w+): (gpt:\S+@tamr\w+)\n$/.exec(taken()) ?? [];
    expect(await tuning.status(task, { json: true })).toBe(0);
    expect(JSON.parse(taken())).toMatchObject({ id: task, done: true, response: { modelId: model } });
    expect(await tuning.list({})).toBe(0);
    expect(taken()).toBe(`${task}  COMPLETED    ${model}  from the CLI\n`);

    const output = join(folder, "down");
    expect(await datasets.download(id, { output })).toBe(0);
    expect([taken(), readdirSync(output)]).toEqual([`${join(output, `${id}.parquet`)}\n`, [`${id}.parquet`]]);
    expect(await datasets.remove(id, {})).toBe(0);
    taken();
    await datasets.list({ json: true });
    expect(JSON.parse(taken()).filter(({ status }: { status: string }) => status !== "DELETING")).toEqual([]);
  });

  it("tell everything that is wrong with a file, and send nothing of it", async () => {
    const file = fileOf("wrong.jsonl", [rows[0], { request: [] }, { response: "x" }]);
    expect(await datasets.check(file, { type })).toBe(1);
    expect(taken()).toMatch(/^error: row 2: .*\nerror: row 3: .*\nadvice: .*\n2 to correct; nothing was sent\.\n$/);
    expect(await datasets.check(file, { type, json: true })).toBe(1);
    expect(JSON.parse(taken())).toMatchObject({
      isValid: false,
      problems: [{ row: 2 }, { row: 3 }, { level: "advice" }],
    });
    // What uploads it tells the same, and ends alike.
    expect(await datasets.create(file, { type })).toBe(1);
    expect(taken()).toMatch(/^error: row 2: .*\nerror: row 3: .*\nadvice: .*\n2 to correct; nothing was sent\.\n$/);
    for (const command of [datasets.check, datasets.create]) {
      const failure = { code: "invalid-argument", hint: expect.stringContaining(type) };
      await expect(command(file, { type: "TextToTextGeneratoin" })).rejects.toMatchObject(failure);
    }
    await expect(datasets.create(join(folder, "none.jsonl"), { type })).rejects.toThrow("cannot be read");
    expect(server.ledger).toEqual([]);
  });

  it("say what stands in the way of a tuning before it is begun", async () => {
    server.grpc.datasets.create({ name: "draft", taskType: type });
    const { id } = server.grpc.datasets.create({
      name: "asked",
      taskType: "TextToTextGenerationRequest",
      status: "READY",
    });
    const [draft] = server.grpc.datasets.all;
    const model = "yandexgpt-lite";
    await expect(tuning.tune(draft?.id, { model })).rejects.toMatchObject({
      hint: expect.stringContaining("validate"),
    });
    await expect(tuning.tune(id, { model })).rejects.toThrow("which no model is taught with");
    await expect(tuning.tune(id, {})).rejects.toThrow("No model is named");
    await expect(tuning.tune("statu", { model })).rejects.toMatchObject({ hint: expect.stringContaining("status") });
    await expect(tuning.tune(id, { model, params: "[1]" })).rejects.toThrow("JSON object");
    expect(server.ledger.some(({ path }) => path.endsWith("/Tune"))).toBe(false);
  });

  it("call off a tuning that goes on", async () => {
    server.grpc.tunings.plans.splice(0, 1, { unfinished: "never" });
    await datasets.create(fileOf("lessons.jsonl", rows), { type, json: true });
    const { id } = JSON.parse(taken());
    await tuning.tune(id, { model: "yandexgpt-lite", json: true });
    const task = JSON.parse(taken());
    expect(task).toMatchObject({ done: false });
    expect(await tuning.cancel(task.id, { json: true })).toBe(0);
    expect(JSON.parse(taken())).toMatchObject({ id: task.id, done: true });
    expect(await tuning.status(task.id, {})).toBe(1);
    expect(taken()).toBe(`${task.id}: called off; no model came of it\n`);
  });
});

describe("the command line", () => {
  it("tells the commands of tune from the datasets that it takes", async () => {
    const main = join(import.meta.dirname, "main.ts");
    const run = async (...args: string[]) => {
      const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
        stdio: ["ignore", "ignore", "pipe"],
      });
      let err = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        err += text;
      });
      const [exitCode] = await once(child, "close");
      return { exitCode, err };
    };
    const [unknown, taught, empty, misspelt] = await Promise.all([
      run("tune", "status", "ftnnone", "--json"),
      run("tune", "fdsnone", "--model", "yandexgpt-lite"),
      run("dataset", "show", ""),
      run("tune", "statu", "ftnnone"),
    ]);
    expect(empty).toEqual({ exitCode: 2, err: expect.stringContaining("It is empty.") });
    expect(misspelt).toEqual({ exitCode: 2, err: expect.not.stringContaining("quotes") });
    expect(unknown).toEqual({ exitCode: 1, err: expect.stringMatching(/^error: [^\n]*ftnnone[^\n]*\n$/) });
    expect(taught).toEqual({ exitCode: 1, err: expect.stringMatching(/^error: [^\n]*fdsnone[^\n]*\n$/) });
  }, 30_000);
});
