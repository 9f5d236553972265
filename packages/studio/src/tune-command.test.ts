import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startYandexServer } from "../../../test/fakes/yandex/yandex-server.ts";
import { exitCodeOf } from "./exit.ts";
import { tune } from "./tune-command.ts";

const start = () => startYandexServer({ grpc: true });
let server: Awaited<ReturnType<typeof start>>;
/** What a model is taught, which model, and how the tuned one is used. */
const kinds: readonly [string, string, RegExp][] = [
  ["TextToTextGeneration", "yandexgpt-lite", /beseda chat --model "yandex:gpt:\S+"/],
  ["TextClassificationMulticlass", "yandexgpt-lite", /beseda classify --model "cls:\S+"/],
  ["TextEmbeddingsPair", "text-embeddings", /yandexEmbeddings\({ document: "emb:\S+"/],
];
const patient = { timeout: 10_000 };
vi.setConfig({ testTimeout: 30_000 });
let written = "";
let warned = "";

beforeEach(async () => {
  server = await start();
  vi.stubEnv("YC_API_KEY", server.settings.apiKey);
  vi.stubEnv("YC_FOLDER_ID", server.settings.folderId);
  vi.stubEnv("YC_GRPC_ENDPOINT", server.settings.endpoints.grpc);
  server.grpc.tunings.fewestRows = Object.fromEntries(kinds.map(([taskType]) => [taskType, 0]));
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    written += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    warned += text;
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await server.close();
});

const ready = (taskType: string) => server.grpc.datasets.create({ name: "lessons", taskType, status: "READY" }).id;

function taken(): { out: string; err: string } {
  const texts = { out: written, err: warned };
  written = "";
  warned = "";
  return texts;
}

describe("beseda tune", () => {
  it("says whether it began a tuning or found the one that the same command has begun", async () => {
    const id = ready("TextToTextGeneration");
    await tune(id, { model: "yandexgpt-lite", json: true });
    const began = taken();
    await tune(id, { model: "yandexgpt-lite", json: true });
    const found = taken();
    const { id: task, isFound } = JSON.parse(began.out);
    expect([isFound, began.err]).toEqual([false, expect.stringMatching(/^Began ftn\w+\. .*tune status ftn/)]);
    expect(JSON.parse(found.out)).toMatchObject({ id: task, isFound: true });
    expect(found.err).toMatch(/^Found ftn.* --name /);
    await tune(id, { model: "yandexgpt-lite", name: "once more" });
    expect(taken().err).toMatch(/^Began /);
    expect(server.grpc.tunings.all).toHaveLength(2);
  });

  it("tells how to use each kind of model that came of it", async () => {
    for (const [taskType, model, line] of kinds) {
      server.grpc.tunings.plans.push({});
      expect(await tune(ready(taskType), { model, wait: true })).toBe(0);
      expect(taken().err).toMatch(line);
    }
  });

  it("with --wait and --json writes what became of it, failed or left", async () => {
    server.grpc.tunings.plans.push({ error: { code: 3, message: "Too few tears" } }, { unfinished: "never" });
    const id = ready("TextToTextGeneration");
    expect(await tune(id, { model: "yandexgpt-lite", wait: true, json: true })).toBe(1);
    expect(JSON.parse(taken().out)).toMatchObject({ done: true, error: { message: expect.stringContaining("tears") } });
    const left = tune(id, { model: "yandexgpt-lite", name: "slow one", wait: true, json: true });
    const stopped = left.catch((thrown) => thrown);
    await expect.poll(() => warned, patient).toMatch(/^Began/);
    await expect.poll(() => server.operations.all.at(-1)?.polls, patient).toBeGreaterThan(0);
    process.emit("SIGINT");
    const error = await stopped;
    expect([exitCodeOf(error), error.hint]).toEqual([130, expect.stringMatching(/goes on: “beseda tune status ftn/)]);
    expect(JSON.parse(taken().out)).toMatchObject({ id: expect.stringMatching(/^ftn/), done: false });
  });
});
