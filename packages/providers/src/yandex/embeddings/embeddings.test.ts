import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { yandexEmbeddings } from "./embeddings.ts";

let server: YandexServer;
beforeEach(async () => {
  server = await startYandexServer({ quotas: { embedding: { perSecond: 1_000 } } });
});
afterEach(() => server.close());

const cosine = (a: number[] = [], b: number[] = []) => a.reduce((sum, each, at) => sum + each * (b[at] ?? 0), 0);
const bodies = () => server.ledger.map(({ body }) => body as { modelUri: string; text: string; dim?: string });

describe("embeddings of Yandex AI Studio", () => {
  it("come in the order of the texts, and texts about the same are near each other", async () => {
    const model = yandexEmbeddings(server.settings);
    const texts = ["The samovar is broken", "Cats sleep all day", "Deliver it to Kazan", "A table for four", "Bye"];
    const { embeddings, usage } = await model.embed(texts);
    expect(embeddings.map(({ length }) => length)).toEqual([256, 256, 256, 256, 256]);
    const asked = await model.embed(["How do I repair a samovar?"], { purpose: "query" });
    const nearness = embeddings.map((each) => cosine(each, asked.embeddings[0]));
    expect(nearness.indexOf(Math.max(...nearness))).toBe(0);
    expect(usage.inputTokens).toBeGreaterThan(texts.length);
    expect(usage).toMatchObject({ outputTokens: 0, totalTokens: usage.inputTokens });
    for (const [index, text] of texts.entries()) {
      expect((await model.embed([text])).embeddings[0]).toEqual(embeddings[index]);
    }
  });

  it("are of one model for what is stored and of another for what is asked", async () => {
    const model = yandexEmbeddings({ ...server.settings, query: "text-embeddings" });
    await model.embed(["passage"]);
    await model.embed(["question"], { purpose: "query" });
    const of = (tail: string) => `emb://${server.account.folderId}/${tail}`;
    expect(bodies()).toEqual([
      { modelUri: of("text-search-doc/latest"), text: "passage" },
      { modelUri: of("text-embeddings/latest"), text: "question" },
    ]);
    expect(model.modelId).toBe("text-search-doc/latest");
  });

  it("have the length that is asked for, where the model was tuned for it", async () => {
    const tuned = `emb://${server.account.folderId}/text-embeddings/latest@tamrdims`;
    server.models.addTuned(tuned);
    const { embeddings } = await yandexEmbeddings({ ...server.settings, document: tuned, dimensions: 35 }).embed([
      "a b",
    ]);
    expect(embeddings[0]).toHaveLength(35);
    expect(bodies().at(-1)?.dim).toBe("35");
    server.faults.add({ raw: { status: 200, body: { embedding: [1, 2], numTokens: "1" } } });
    const model = yandexEmbeddings({ ...server.settings, dimensions: 256 });
    await expect(model.embed(["a"])).rejects.toMatchObject({
      code: "bad-response",
      message: expect.stringMatching("256"),
    });
  });

  it("are asked for a few at a time", async () => {
    const held = gate();
    server.faults.add({ until: held.passed, times: 9 });
    const embedded = yandexEmbeddings({ ...server.settings, concurrency: 3 }).embed(Array<string>(9).fill("word"));
    await expect.poll(() => server.ledger.length).toBe(3);
    held.open();
    expect((await embedded).embeddings).toHaveLength(9);
    expect(server.quotas.mostAtOnce("embedding")).toBeLessThanOrEqual(3);
  });

  it("of an empty text are refused before anything is sent; of no texts there are none", async () => {
    const model = yandexEmbeddings(server.settings);
    await expect(model.embed(["one", " "])).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("Text 2 of 2"),
    });
    expect(await model.embed([])).toMatchObject({ embeddings: [], usage: { totalTokens: 0 } });
    expect(server.ledger).toEqual([]);
    for (const wrong of [{ dimensions: 0 }, { dimensions: 1.5 }, { concurrency: 0 }, { document: "no model!" }]) {
      expect(() => yandexEmbeddings({ ...server.settings, ...wrong })).toThrow(/dimensions|concurrency|no model/);
    }
  });

  it("are given up with the first text that fails: what is under way is stopped, and nothing more is sent", async () => {
    const never = gate();
    const tooLong = "number of input tokens must be no more than 2048, got 9136";
    server.faults.add({ after: 1, refuse: { code: 3, message: tooLong } }, { until: never.passed });
    const model = yandexEmbeddings({ ...server.settings, concurrency: 2 });
    await expect(model.embed(["a1", "b1", "c1", "d1"])).rejects.toMatchObject({ code: "too-large" });
    expect(server.ledger).toHaveLength(2);
    never.open();
  });

  it("are given up when the signal says so", async () => {
    const never = gate();
    server.faults.add({ until: never.passed, times: 4 });
    const stop = new AbortController();
    const embedded = yandexEmbeddings(server.settings).embed(["a", "b", "c", "d", "e"], { signal: stop.signal });
    await expect.poll(() => server.ledger.length).toBe(4);
    stop.abort(new Error("enough"));
    await expect(embedded).rejects.toThrow("enough");
    never.open();
    expect(server.ledger).toHaveLength(4);
  });

  it("bear their price, where the table has one", async () => {
    const prices = { date: "2026-03", currency: "RUB", embeddings: { "text-search-doc/latest": 10 } };
    const { usage } = await yandexEmbeddings({ ...server.settings, prices }).embed(["one two three"]);
    expect(usage.cost).toEqual({ RUB: usage.inputTokens / 100 });
  });
});

function gate(): { passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}
