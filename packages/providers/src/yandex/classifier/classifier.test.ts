import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { yandexClassifier } from "./classifier.ts";

let server: YandexServer;
/** So that nothing has to wait for the one request a second that the service allows. */
const quotas = { classification: { perSecond: 1_000 } };
beforeAll(async () => {
  server = await startYandexServer({ quotas });
});
afterAll(() => server.close());

const topics = { task: "What does the customer write about?", labels: ["delivery", "payment"] };
const uri = (tail: string) => `cls://${server.account.folderId}/${tail}`;
const tuned = (name: string) => {
  server.models.addTuned(uri(`yandexgpt-lite/latest@tamr${name}`));
  return yandexClassifier({ model: uri(`yandexgpt-lite/latest@tamr${name}`), ...server.settings });
};

describe("a classifier of Yandex AI Studio", () => {
  it("chooses among labels that it has never seen: all predictions, the most likely one, the tokens", async () => {
    const classifier = yandexClassifier({ ...topics, ...server.settings });
    const answer = await classifier.classify("Where is my delivery?");
    expect(answer.label).toBe("delivery");
    expect(answer.predictions.map(({ label }) => label)).toEqual(["delivery", "payment"]);
    expect(answer.predictions.reduce((sum, { confidence }) => sum + confidence, 0)).toBeCloseTo(1);
    expect(answer.confidence).toBe(answer.predictions[0]?.confidence);
    expect(answer.usage).toMatchObject({ outputTokens: 0, inputTokens: expect.any(Number) });
    expect(answer.usage.inputTokens).toBeGreaterThan(10);
    expect(answer.usage.totalTokens).toBe(answer.usage.inputTokens);
    expect(server.ledger.at(-1)?.body).toEqual({
      modelUri: uri("yandexgpt-lite/latest"),
      taskDescription: topics.task,
      labels: topics.labels,
      text: "Where is my delivery?",
    });
  });

  it("learns from samples", async () => {
    const text = "The courier has not come";
    const sample = { text: "The courier was late", label: "payment" };
    const plain = await yandexClassifier({ ...topics, ...server.settings }).classify(text);
    const taught = await yandexClassifier({ ...topics, samples: [sample], ...server.settings }).classify(text);
    expect(plain.confidence).toBe(0.5);
    expect(taught).toMatchObject({ label: "payment", confidence: expect.any(Number) });
    expect(taught.confidence).toBeGreaterThan(0.5);
  });

  it("that was tuned needs neither task nor labels: one of several, any of several, or a single one", async () => {
    const oneOf = await tuned("multiclass").classify("A complaint, at last");
    expect(oneOf.label).toBe("complaint");
    const anyOf = await tuned("multilabel").classify("A complaint about the delivery");
    expect(anyOf.predictions).toEqual([
      { label: "delivery", confidence: 0.9 },
      { label: "payment", confidence: 0.1 },
      { label: "complaint", confidence: 0.9 },
    ]);
    expect(anyOf.label).toBe("delivery");
    const binary = await tuned("binary").classify("Hello");
    expect(binary).toMatchObject({ label: "delivery", confidence: 0.1, predictions: [{ label: "delivery" }] });
    expect(server.ledger.at(-1)?.path).toBe("/foundationModels/v1/textClassification");
    expect(server.ledger.at(-1)?.body).toEqual({ modelUri: uri("yandexgpt-lite/latest@tamrbinary"), text: "Hello" });
  });

  it("refuses labels, samples and texts that the service would refuse, before anything is sent", async () => {
    const before = server.ledger.length;
    const made = (changes: object) => () => yandexClassifier({ ...topics, ...changes, ...server.settings });
    const refused = { code: "invalid-argument", hint: expect.any(String) };
    for (const labels of [[], ["one"], Array.from({ length: 21 }, (_, n) => `label ${n}`), ["a", "a"], ["a", " "]]) {
      expect(made({ labels }), labels.join()).toThrow(expect.objectContaining(refused));
    }
    expect(made({ labels: ["one"] })).toThrow("The number of labels is 1.");
    expect(made({ labels: Array.from({ length: 20 }, (_, n) => `label ${n}`) })).not.toThrow();
    expect(made({ samples: [{ text: "Hi", label: "greeting" }] })).toThrow(/greeting/);
    expect(made({ samples: [{ text: "", label: "payment" }] })).toThrow(/Sample 1/);
    expect(made({ task: "" })).toThrow(expect.objectContaining(refused));
    expect(() => yandexClassifier({ model: "yandexgpt-lite/latest", ...server.settings })).toThrow(/not tuned/);
    expect(() => yandexClassifier({ model: "gpt://b1g/x/y@tamrz", ...server.settings })).toThrow(/not the URI/);
    await expect(made({})().classify(" ")).rejects.toMatchObject(refused);
    expect(server.ledger).toHaveLength(before);
  });

  it("tells the price by units, where the table has one", async () => {
    const prices = {
      date: "2026-03",
      currency: "RUB",
      classification: { "yandexgpt-lite/latest": { unitTokens: 10, unit: 0.5 } },
    };
    const { usage } = await yandexClassifier({ ...topics, prices, ...server.settings }).classify("Where is it?");
    expect(usage.cost).toEqual({ RUB: Math.ceil(usage.inputTokens / 10) * 0.5 });
    const free = await yandexClassifier({ ...topics, prices: false, ...server.settings }).classify("Where is it?");
    expect(free.usage).not.toHaveProperty("cost");
  });

  it("reads a confidence of 0 that was left out, and says so where there are no predictions", async () => {
    const classifier = yandexClassifier({ ...topics, ...server.settings });
    const answer = (body: object) => server.faults.add({ path: "Classification", raw: { status: 200, body } });
    answer({ predictions: [{ label: "payment" }, { label: "delivery", confidence: 1 }] });
    expect(await classifier.classify("Hi")).toMatchObject({
      label: "delivery",
      predictions: [{ label: "payment", confidence: 0 }, { confidence: 1 }],
      usage: { totalTokens: 0 },
    });
    for (const body of [{}, { predictions: [] }, { predictions: [{ confidence: 1 }] }, { predictions: [null] }]) {
      answer(body);
      await expect(classifier.classify("Hi")).rejects.toMatchObject({ code: "bad-response" });
    }
  });
});
