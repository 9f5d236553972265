import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startYandexServer } from "../../../test/fakes/yandex/yandex-server.ts";
import { create, download, list, preview } from "./dataset-command.ts";

const start = () => startYandexServer({ grpc: true });
let server: Awaited<ReturnType<typeof start>>;
let written = "";
let folder = "";

beforeEach(async () => {
  server = await start();
  folder = mkdtempSync(join(tmpdir(), "beseda-interrupted-"));
  vi.stubEnv("YC_API_KEY", server.settings.apiKey);
  vi.stubEnv("YC_FOLDER_ID", server.settings.folderId);
  vi.stubEnv("YC_GRPC_ENDPOINT", server.settings.endpoints.grpc);
  written = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await server.close();
  rmSync(folder, { recursive: true });
});

const patient = { timeout: 10_000 };
vi.setConfig({ testTimeout: 30_000 });
const type = "TextToTextGeneration";

function fileOf(word: string): string {
  const path = join(folder, "lessons.jsonl");
  const row = (index: number) => ({ request: [{ role: "user", text: `${word} ${index}` }], response: "answer" });
  writeFileSync(path, Array.from({ length: 10 }, (_, index) => `${JSON.stringify(row(index))}\n`).join(""));
  return path;
}

describe("beseda dataset", () => {
  it("create, stopped with Ctrl-C, says that the same command goes on, which it does", async () => {
    server.grpc.datasets.plans.push({ unfinished: "release" });
    const file = fileOf("question");
    const stopped = expect(create(file, { type })).rejects.toMatchObject({
      advice: "Stopped. The same command goes on with it.",
      code: "aborted",
    });
    await expect.poll(() => server.grpc.datasets.all[0]?.status, patient).toBe("VALIDATING");
    process.emit("SIGINT");
    await stopped;
    server.operations.release();
    expect(await create(file, { type, json: true })).toBe(0);
    expect(JSON.parse(written)).toMatchObject({ id: server.grpc.datasets.all[0]?.id, status: "READY" });
    expect(server.grpc.datasets.all).toHaveLength(1);
  });

  it("create names --name where the name of the file is taken", async () => {
    server.grpc.datasets.plans.push({}, {});
    expect(await create(fileOf("question"), { type })).toBe(0);
    await expect(create(fileOf("other"), { type })).rejects.toMatchObject({ hint: expect.stringContaining("--name") });
    expect(await create(fileOf("other"), { type, name: "lessons-2" })).toBe(0);
  });

  it("download, stopped with Ctrl-C, leaves no half of a file; preview shows the first rows", async () => {
    server.grpc.datasets.plans.push({});
    await create(fileOf("question"), { type, json: true });
    const { id } = JSON.parse(written);
    let letIn = () => {};
    const until = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    server.faults.add({ method: "GET", until });
    const before = server.ledger.length;
    const output = join(folder, "down");
    const stopped = expect(download(id, { output })).rejects.toMatchObject({ code: "aborted" });
    await expect.poll(() => server.ledger.slice(before).some(({ method }) => method === "GET"), patient).toBe(true);
    process.emit("SIGINT");
    await stopped;
    letIn();
    expect(readdirSync(output)).toEqual([]);
    written = "";
    expect(await preview(id, {})).toBe(0);
    expect(written.split("\n")[0]).toContain("question 0");
    written = "";
    await preview(id, { json: true });
    expect(JSON.parse(written)[0]).toContain("question 0");
  });

  it("list shows names that could drive the terminal as they are", async () => {
    server.grpc.datasets.create({ name: "nice\u001b[2J\nfds9  READY", taskType: type });
    await list({});
    expect(written).toMatch(/^fds\S+ .*nice␛\[2J␊fds9 {2}READY\n$/);
  });
});
