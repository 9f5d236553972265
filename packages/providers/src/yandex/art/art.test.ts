import type { GeneratedImage, Operation } from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { digestOf } from "../../digest-of.ts";
import { yandexArt } from "./art.ts";

let server: YandexServer;
beforeEach(async () => {
  server = await startYandexServer();
});
afterEach(() => server.close());

const art = (options: Partial<Parameters<typeof yandexArt>[0]> = {}) =>
  yandexArt({ ...server.settings, pollMs: 5, retry: { retries: 2 }, ...options });
const begun = () => server.ledger.filter(({ path }) => path.endsWith("/imageGenerationAsync"));
const billed = () => server.ledger.filter((entry) => entry.billed).length;
/** Height and width stand in the segment of the frame. */
const sizeOf = (bytes: Uint8Array) => {
  const frame = Buffer.from(bytes).indexOf(Buffer.from([0xff, 0xc0]));
  return { width: Buffer.from(bytes).readUInt16BE(frame + 7), height: Buffer.from(bytes).readUInt16BE(frame + 5) };
};

describe("a picture of Yandex AI Studio", () => {
  it("is painted by an operation, and comes as the bytes of a JPEG", async () => {
    server.operations.plans.push({ unfinished: 2 });
    const seen: Operation<GeneratedImage>[] = [];
    const image = await art().generate(
      { prompt: "a red fox in the snow", seed: 42, aspectRatio: "2:1" },
      { onProgress: (operation) => seen.push(operation) },
    );
    expect([...image.bytes.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    const { width, height } = sizeOf(image.bytes);
    expect(Math.abs(width / height - 2)).toBeLessThan(0.2);
    expect(image).toEqual({ bytes: expect.anything(), mediaType: "image/jpeg" });
    expect(begun()[0]?.body).toEqual({
      modelUri: `art://${server.account.folderId}/yandex-art/latest`,
      messages: [{ text: "a red fox in the snow" }],
      generationOptions: {
        mimeType: "image/jpeg",
        seed: "42",
        aspectRatio: { widthRatio: "2", heightRatio: "1" },
      },
    });
    expect(seen.map(({ done }) => done)).toEqual([false, false, false, true]);
    expect(seen[0]).toEqual({ id: expect.stringMatching(/^fbv/), done: false });
    expect(billed()).toBe(1);
  });

  it("is the same for the same prompt and seed; parts of a prompt have weights", async () => {
    const paint = (seed: number) =>
      art().generate({ prompt: [{ text: "a fox", weight: 2 }, { text: "snow" }], seed, aspectRatio: "3:4" });
    const [one, same, other] = [await paint(1), await paint(1), await paint(7)];
    expect(Buffer.compare(one.bytes, same.bytes)).toBe(0);
    expect(Buffer.compare(one.bytes, other.bytes)).not.toBe(0);
    expect(begun()[0]?.body).toMatchObject({ messages: [{ text: "a fox", weight: 2 }, { text: "snow" }] });
  });

  it("can be waited for by another process, by the id of its operation", async () => {
    server.operations.plans.push({ unfinished: 1 });
    const { id } = (await art().operations?.submit({ prompt: "a fox" }, { key: "kept" })) ?? { id: "" };
    expect(begun()[0]?.headers["idempotency-key"]).toBe(digestOf("kept"));
    const later = art().operations;
    expect(await later?.poll(id)).toEqual({ id, done: false });
    expect(await later?.poll(id)).toMatchObject({ done: true, response: { mediaType: "image/jpeg" } });
    await expect(later?.poll("fbvnobody")).rejects.toMatchObject({ code: "not-found" });
  });

  it("takes a prompt of 500 characters, and refuses one of 501 before it is sent and paid for", async () => {
    await art().generate({ prompt: "🦊".repeat(500) });
    await art().generate({ prompt: [{ text: "a".repeat(250) }, { text: "b".repeat(250) }] });
    const before = server.ledger.length;
    const tooLong = {
      code: "too-large",
      message: expect.stringContaining("501 characters"),
      hint: expect.stringContaining("1 or more"),
    };
    await expect(art().generate({ prompt: "x".repeat(501) })).rejects.toMatchObject(tooLong);
    const parts = [{ text: "a".repeat(250) }, { text: "b".repeat(251) }];
    await expect(art().generate({ prompt: parts })).rejects.toMatchObject(tooLong);
    expect(server.ledger).toHaveLength(before);
  });

  it("is refused before it is sent where prompt, weight, seed, proportion or type cannot be", async () => {
    const wrong = async (request: object, message: RegExp) => {
      const failure = { code: "invalid-argument", message: expect.stringMatching(message), hint: expect.any(String) };
      await expect(art().generate({ prompt: "a fox", ...request })).rejects.toMatchObject(failure);
    };
    for (const prompt of ["", "  ", [], [{ text: "a fox" }, { text: "" }]]) await wrong({ prompt }, /empty/);
    await wrong({ prompt: [{ text: "a", weight: Number.NaN }] }, /weight/);
    for (const seed of [-1, 1.5, 2 ** 53, Number.NaN]) await wrong({ seed }, /seed/);
    for (const aspectRatio of ["16", "16:0", "0:1", "1.5:1", "-1:1", "wide"])
      await wrong({ aspectRatio }, /aspect ratio/);
    expect(() => art({ model: "gpt://b1g/yandexgpt/latest" })).toThrow(/not the URI/);
    expect(() => art(JSON.parse('{"mimeType":"image/png"}'))).toThrow(/image\/png/);
    expect(server.ledger).toEqual([]);
  });

  it("that the moderation refuses is told as rejected, at the start and in the operation, and not asked for again", async () => {
    const atStart = art().generate({ prompt: "something forbidden" });
    await expect(atStart).rejects.toMatchObject({ code: "rejected", hint: expect.stringContaining("other words") });
    const later = art().generate({ prompt: "something improper" });
    await expect(later).rejects.toMatchObject({ code: "rejected", hint: expect.stringContaining("other words") });
    expect(begun()).toHaveLength(2);
  });

  it("that is stopped is thrown away at once, and its operation cancelled, whenever that happens", async () => {
    server.operations.defaultPlan = { unfinished: "never" };
    const stop = new AbortController();
    const stopped = art().generate(
      { prompt: "a fox" },
      { signal: stop.signal, onProgress: () => stop.abort(new Error("enough")) },
    );
    await expect(stopped).rejects.toThrow("enough");
    // While it is being asked for: it is accepted, and then called off.
    let accept = () => {};
    const until = new Promise<void>((resolve) => {
      accept = resolve;
    });
    server.faults.add({ path: "imageGenerationAsync", until });
    const early = new AbortController();
    const asked = art().generate({ prompt: "a cat" }, { signal: early.signal });
    await expect.poll(() => begun().length).toBe(2);
    early.abort(new Error("sooner"));
    await expect(asked).rejects.toThrow("sooner");
    accept();
    await expect.poll(() => server.operations.all.map(({ isCancelled }) => isCancelled)).toEqual([true, true]);
    // Before it has been sent: it is not.
    const earliest = new AbortController();
    const unasked = art().generate({ prompt: "a dog" }, { signal: earliest.signal });
    earliest.abort(new Error("at once"));
    await expect(unasked).rejects.toThrow("at once");
    expect(begun()).toHaveLength(2);
    expect(server.operations.orphans).toEqual([]);
  });

  it("is waited for through polls that fail", async () => {
    server.operations.plans.push({ unfinished: 1 });
    server.faults.add({ path: "/operations/", raw: { status: 502, body: "<h1>Bad Gateway</h1>" }, times: 2 });
    expect((await art({ retry: { retries: 0 } }).generate({ prompt: "a fox" })).mediaType).toBe("image/jpeg");
    expect(begun()).toHaveLength(1);
  });

  it("is not asked for twice where it may have been accepted", async () => {
    const unsure = { hint: expect.stringContaining("not known whether"), isRetryable: false };
    server.faults.add({ path: "imageGeneration", cut: "answer" });
    await expect(art().generate({ prompt: "a fox" })).rejects.toMatchObject({ code: "unavailable", ...unsure });
    server.faults.add({ path: "imageGeneration", raw: { status: 504, body: "gateway timeout" } });
    await expect(art().generate({ prompt: "a fox" })).rejects.toMatchObject({ status: 504, ...unsure });
    expect([begun().length, billed()]).toEqual([2, 1]);
  });

  it("is asked for again where it was surely not accepted", async () => {
    server.faults.add({ path: "imageGeneration", refuse: { code: 14, message: "busy" } });
    await art().generate({ prompt: "a fox" });
    expect([begun().length, billed()]).toEqual([2, 1]);
  });

  it("that is no JPEG, or breaks off, is a bad response", async () => {
    const { bytes } = await art().generate({ prompt: "a fox" });
    const whole = Buffer.from(bytes);
    const images = [whole.subarray(0, -2), whole.subarray(0, 300), Buffer.from("\x89PNG\r\n"), Buffer.alloc(0)];
    for (const image of images) {
      const response = { image: image.toString("base64") };
      server.faults.add({ path: "/operations/", raw: { status: 200, body: { id: "fbv1", done: true, response } } });
      expect(await art().operations?.poll("fbv1")).toMatchObject({
        done: true,
        error: { code: "bad-response", isRetryable: false, requestId: "fbv1" },
      });
    }
    // Some cameras and encoders pad.
    const response = { image: Buffer.concat([whole, Buffer.alloc(8)]).toString("base64") };
    server.faults.add({ path: "/operations/", raw: { status: 200, body: { id: "fbv1", done: true, response } } });
    expect(await art().operations?.poll("fbv1")).toMatchObject({ done: true });
  });

  it("bears its price, where the table has one", async () => {
    const prices = { date: "2026-03", currency: "RUB", images: { "yandex-art/latest": 2.5 } };
    expect((await art({ prices }).generate({ prompt: "a fox" })).cost).toEqual({ RUB: 2.5 });
  });
});

describe("a picture of the newer models", () => {
  const newer = (options: object = {}) => art({ model: "aliceai-image-art-3.0/latest", ...options });

  it("is painted in one call of the OpenAI-compatible API", async () => {
    const model = newer();
    expect(model.operations).toBeUndefined();
    const { bytes, mediaType } = await model.generate({
      prompt: [{ text: "a fox" }, { text: "snow" }],
      aspectRatio: "2:3",
    });
    expect([mediaType, sizeOf(bytes)]).toEqual(["image/jpeg", { width: 1024, height: 1536 }]);
    expect(server.ledger[0]?.body).toEqual({
      model: `art://${server.account.folderId}/aliceai-image-art-3.0/latest`,
      prompt: "a fox, snow",
      size: "1024x1536",
      response_format: "b64_json",
    });
    await art({ api: "openai" }).generate({ prompt: "a fox" });
    expect(server.ledger.map(({ path }) => path)).toEqual(["/v1/images/generations", "/v1/images/generations"]);
  });

  it("knows no seeds, weights and other proportions: that is told before anything is sent", async () => {
    const unsupported = { code: "unsupported", hint: expect.stringContaining("yandex-art") };
    await expect(newer().generate({ prompt: "a fox", seed: 1 })).rejects.toMatchObject(unsupported);
    await expect(newer().generate({ prompt: "a fox", aspectRatio: "16:9" })).rejects.toMatchObject({
      ...unsupported,
      message: expect.stringContaining("knows no aspect ratio 16:9"),
    });
    await expect(newer().generate({ prompt: [{ text: "a", weight: 2 }] })).rejects.toMatchObject(unsupported);
    expect(server.ledger).toEqual([]);
  });

  it("is not asked for twice where it may have been painted", async () => {
    server.faults.add({ cut: "answer" });
    await expect(newer().generate({ prompt: "a fox" })).rejects.toMatchObject({
      hint: expect.stringContaining("not known whether"),
    });
    expect([server.ledger.length, billed()]).toEqual([1, 1]);
    await expect(newer().generate({ prompt: "improper" })).rejects.toMatchObject({ code: "rejected" });
  });
});
