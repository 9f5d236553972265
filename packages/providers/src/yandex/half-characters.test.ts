import type { ModelRequest } from "@beseda/core";
import { afterEach, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../test/fakes/yandex/yandex-server.ts";
import type { YandexSettings } from "./connection/connection.ts";
import { yandex, yandexArt, yandexClassifier, yandexEmbeddings, yandexTokenizer } from "./index.ts";

let server: YandexServer;

afterEach(() => server.close());

const half = "A cat \ud83d";
const request: ModelRequest = {
  instructions: half,
  messages: [{ role: "user", content: half }],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
};

it.each<[string, (settings: YandexSettings) => Promise<unknown>]>([
  ["an operation", async (settings) => yandex("yandexgpt", settings).operations?.submit(request)],
  ["an embedding", (settings) => yandexEmbeddings(settings).embed([half])],
  [
    "a classification",
    (settings) =>
      yandexClassifier({
        ...settings,
        task: half,
        labels: [half, "dog"],
        samples: [{ text: half, label: "dog" }],
      }).classify(half),
  ],
  ["the tokens of a text", (settings) => yandexTokenizer("yandexgpt", settings).tokenize(half)],
  ["the tokens of a request", (settings) => yandexTokenizer("yandexgpt", settings).tokenizeRequest(request)],
  ["a picture", async (settings) => yandexArt(settings).operations?.submit({ prompt: half })],
  [
    "a picture at once",
    (settings) => yandexArt({ ...settings, model: "aliceai-image-art-3.0/latest" }).generate({ prompt: half }),
  ],
])("A text that was cut inside a character is mended in %s, not refused by the service", async (_what, ask) => {
  server = await startYandexServer();
  await expect(ask(server.settings)).resolves.toBeDefined();
  expect(JSON.stringify(server.ledger[0]?.body)).toContain("A cat \ufffd");
});
