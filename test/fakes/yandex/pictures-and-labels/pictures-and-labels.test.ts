import OpenAI from "openai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask, folder } from "../ask-fake.ts";
import { startYandexServer, type YandexServer } from "../yandex-server.ts";

let server: YandexServer;
let now = 1_000_000;
beforeEach(async () => {
  now = 1_000_000;
  server = await startYandexServer({ clock: { now: () => now } });
});
afterEach(() => server.close());

const native = "/foundationModels/v1";
const art = { modelUri: `art://${folder}/yandex-art/latest`, messages: [{ text: "a fox" }] };
const few = {
  modelUri: `cls://${folder}/yandexgpt/latest`,
  labels: ["spam", "ok"],
  text: "buy spam",
  taskDescription: "?",
};
const doc = { modelUri: `emb://${folder}/text-search-doc/latest`, text: "a fox" };

/** Refused in the shape of unary methods, with words that fit, and not charged. */
async function refused(path: string, body: object, message: RegExp, status = 400): Promise<void> {
  const asked = await ask(server, native + path, body);
  expect(asked, JSON.stringify(body).slice(0, 200)).toMatchObject({ status });
  expect(asked.body).toEqual({
    error: asked.body.message,
    code: expect.any(Number),
    message: expect.stringMatching(message),
    details: [],
  });
  expect(server.ledger.at(-1)?.billed).toBe(false);
}

describe("the fake of Yandex AI Studio, painting", () => {
  it("begins an operation without times, and ends it with a JPEG", async () => {
    const begun = await ask(server, `${native}/imageGenerationAsync`, {
      model_uri: art.modelUri,
      messages: [{ text: "a fox", weight: "1" }],
      generation_options: {
        mime_type: "image/jpeg",
        seed: "9223372036854775807",
        aspect_ratio: { width_ratio: "2", heightRatio: 1 },
      },
    });
    const empty = { description: "", createdAt: null, createdBy: "", modifiedAt: null, metadata: null };
    expect(begun.body).toEqual({ id: expect.stringMatching(/^fbv/), done: false, ...empty });
    const { body } = await ask(server, `/operations/${begun.body.id}`);
    expect(body).toEqual({ id: begun.body.id, done: true, ...empty, response: expect.anything() });
    const { image, ...rest } = body.response as { image: string };
    expect(rest).toEqual({ "@type": expect.stringContaining("ImageGenerationResponse"), modelVersion: "" });
    expect(image.startsWith("/9j/")).toBe(true);
    expect(server.ledger[0]?.billed).toBe(true);
  });

  it("refuses what the service refuses", async () => {
    const path = "/imageGenerationAsync";
    await refused(path, { ...art, prompt: "?" }, /unknown field "prompt"/);
    await refused(path, { ...art, messages: [] }, /empty message text/);
    await refused(path, { ...art, messages: [{ text: "x".repeat(501) }] }, /501.*500/);
    await refused(path, { ...art, messages: [{ text: "forbidden" }] }, /violate/);
    await refused(path, { ...art, generationOptions: { mimeType: "image/png" } }, /mime type/);
    await refused(path, { ...art, generationOptions: { seed: "-1" } }, /seed/);
    await refused(path, { ...art, generationOptions: { seed: "9223372036854775808" } }, /64 bits/);
    await refused(path, { ...art, generationOptions: { aspectRatio: { widthRatio: 0 } } }, /aspect ratio/);
    await refused(path, { ...art, modelUri: `art://${folder}/painter/latest` }, /Failed to get model/);
    await refused(path, { ...art, modelUri: "art://b1gother/yandex-art/latest" }, /does not match/);
  });

  it("takes 500 pictures a minute", async () => {
    server.quotas.limit("image", { perMinute: 2 });
    await ask(server, `${native}/imageGenerationAsync`, art);
    await ask(server, `${native}/imageGenerationAsync`, art);
    await refused("/imageGenerationAsync", art, /rate quota limit exceed: allowed 2 requests/, 429);
    now += 60_000;
    expect((await ask(server, `${native}/imageGenerationAsync`, art)).status).toBe(200);
  });
});

describe("the fake of Yandex AI Studio, classifying", () => {
  it("answers in the order of the labels, with confidences that add up to 1 and tokens as a text", async () => {
    const { body } = await ask(server, `${native}/fewShotTextClassification`, few);
    const spam = expect.closeTo(5 / 6, 5);
    const predictions = [
      { label: "spam", confidence: spam },
      { label: "ok", confidence: expect.closeTo(1 / 6, 5) },
    ];
    expect(body).toEqual({ predictions, modelVersion: "23.10.2024", inputTokens: expect.stringMatching(/^\d+$/) });
  });

  it("refuses what the service refuses, and more than one request a second", async () => {
    server.quotas.limit("classification", {});
    const path = "/fewShotTextClassification";
    await refused(path, { ...few, labels: ["one"] }, /labels is 1/);
    await refused(path, { ...few, labels: Array.from({ length: 21 }, (_, n) => `${n}`) }, /labels is 21/);
    await refused(path, { ...few, samples: [{ text: "x", label: "other" }] }, /unknown label other/);
    await refused(path, { ...few, text: "" }, /empty message text/);
    await refused(path, { ...few, text: "word ".repeat(6_001) }, /no more than 6000, got/);
    await refused(path, { ...few, temperature: 0 }, /unknown field/);
    await refused("/textClassification", { modelUri: few.modelUri, text: "x" }, /Failed to get model/);
    await refused("/textClassification", { modelUri: `${few.modelUri}@tamrunknown`, text: "x" }, /Failed to get model/);
    server.quotas.limit("classification", { perSecond: 1 });
    now += 5_000;
    expect((await ask(server, native + path, few)).status).toBe(200);
    await refused(path, few, /rate quota limit exceed: allowed 1 requests/, 429);
  });
});

describe("the fake of Yandex AI Studio, embedding", () => {
  it("gives 256 numbers and refuses what the service refuses", async () => {
    const { body } = await ask(server, `${native}/textEmbedding`, { ...doc, dim: "256" });
    expect(body).toEqual({ embedding: expect.anything(), numTokens: "2", modelVersion: "06.12.2023" });
    expect(body.embedding).toHaveLength(256);
    const path = "/textEmbedding";
    await refused(path, { ...doc, text: "" }, /empty message text/);
    await refused(path, { ...doc, dim: 128 }, /dim 128/);
    const newer = { ...doc, modelUri: `emb://${folder}/text-embeddings-v2-doc/latest` };
    expect((await ask(server, native + path, { ...newer, dim: 768 })).body.embedding).toHaveLength(768);
    await refused(path, { ...newer, dim: 769 }, /dim 769/);
    await refused(path, { ...doc, texts: ["a"] }, /unknown field/);
    await refused(path, { ...doc, text: "word ".repeat(2_001) }, /no more than 2000, got/);
    await refused(path, { ...doc, modelUri: few.modelUri }, /Failed to parse model URI/);
  });
});

describe("the fake of Yandex AI Studio, asked by OpenAI's own client", () => {
  const client = () => new OpenAI({ apiKey: server.account.apiKey, baseURL: `${server.origin}/v1`, maxRetries: 0 });

  it("embeds one text at a time", async () => {
    const model = doc.modelUri;
    const { data, usage } = await client().embeddings.create({ model, input: ["a fox"], encoding_format: "float" });
    const inBits = await client().embeddings.create({ model, input: "a fox" });
    expect(data[0]?.embedding).toHaveLength(256);
    expect(inBits.data[0]?.embedding.map((each) => each.toFixed(4))).toEqual(
      data[0]?.embedding.map((each) => each.toFixed(4)),
    );
    expect(usage).toEqual({ prompt_tokens: 2, total_tokens: 2 });
    await expect(client().embeddings.create({ model, input: "a", dimensions: 1.5 })).rejects.toMatchObject({
      status: 400,
    });
    await expect(client().embeddings.create({ model, input: ["a", "b"] })).rejects.toMatchObject({ status: 400 });
  });

  it("paints in a few sizes, and from prompts of more than 500 characters where the model is not YandexART", async () => {
    const model = `art://${folder}/aliceai-image-art-3.0/latest`;
    const order = { model, prompt: "a fox", response_format: "b64_json" } as const;
    const prompt = "x".repeat(501);
    await expect(
      client().images.generate({ ...order, model: `art://${folder}/yandex-art/latest`, prompt }),
    ).rejects.toMatchObject({ status: 400 });
    expect((await client().images.generate({ ...order, prompt })).data).toHaveLength(1);
    const { data } = await client().images.generate({ ...order, size: "1024x1536" });
    expect(data?.[0]?.b64_json?.startsWith("/9j/")).toBe(true);
    await expect(client().images.generate({ ...order, size: "256x256" })).rejects.toMatchObject({ status: 400 });
    await expect(client().images.generate({ ...order, quality: "hd" })).rejects.toThrow(/unknown field/);
  });
});
