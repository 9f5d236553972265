// What the README of the providers shows of Yandex AI Studio runs, block by block, against the fake of the service.
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startYandexServer, type YandexServer } from "./fakes/yandex/yandex-server.ts";
import { printedBy } from "./printed-by.ts";

/** What the blocks print, in their order. */
const expected: RegExp[] = [
  /What is a samovar\?.*\{"RUB":0\.\d+\}/,
  /yandexgpt\/latest yandex-art\/latest \d+/,
  /You wrote: "What is a samovar\?"/,
  /You wrote: "What is a samovar\?"/,
  /fbv\w+ false\nfbv\w+ true\nimage\/jpeg \d{4}/,
  /delivery 0\.\d+ 2 \d+ 4/,
  /What is new at habr\.ru\?/,
  /yandexgpt\/latest 2\.5/,
  /yandexgpt-lite\/latest@tamr\w+/,
  /0 \[.*Kazan.*"finishReason":"stop".*\n1 \[.*Tver/,
];

const readme = readFileSync(new URL("../packages/providers/README.md", import.meta.url), "utf8");
const [, chapter = ""] = readme.split("\n## Yandex AI Studio\n");
const blocks = [...chapter.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);

let server: YandexServer;

beforeAll(async () => {
  const started = await startYandexServer({ grpc: true });
  server = started;
  // What takes its time is done when it is first asked after.
  const { datasets, tunings, batches } = started.grpc;
  datasets.plans.push({}, {});
  tunings.plans.push({});
  batches.plans.push({});
  const { apiKey, folderId, endpoints } = server.settings;
  vi.stubEnv("YC_API_KEY", apiKey);
  vi.stubEnv("YC_FOLDER_ID", folderId);
  for (const [door, origin] of Object.entries(endpoints)) vi.stubEnv(`YC_${door.toUpperCase()}_ENDPOINT`, origin);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

describe("the README of the providers", () => {
  it("has a block for each of what is expected here", () => {
    expect(blocks).toHaveLength(expected.length);
  });

  // Side by side: some of them wait for what the service does in its own time.
  it.concurrent.each(blocks.map((code, index) => ({ code, index, number: index + 1 })))(
    "shows code of Yandex AI Studio that runs: block $number",
    { timeout: 20_000 },
    async ({ code, index }) => {
      expect(await printedBy(code)).toMatch(expected[index] ?? /^$/);
    },
  );
});
