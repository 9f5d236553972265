import type { Metadata } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startYandexServer, type YandexServer } from "../yandex-server.ts";
import { askGrpc } from "./ask-grpc.ts";
import type { YandexGrpc } from "./yandex-grpc.ts";

let server: YandexServer & { grpc: YandexGrpc };
let ask: ReturnType<typeof askGrpc>;

beforeEach(async () => {
  server = await startYandexServer({ grpc: true });
  ask = askGrpc(server);
});
afterEach(async () => {
  ask.close();
  await server.close();
});

const listTypes = "dataset.v1.DatasetService/ListTypes";
const completion = "foundation_models.v1.TextGenerationService/Completion";
const embed = "foundation_models.v1.EmbeddingsService/TextEmbedding";

describe("the gRPC door of the fake", () => {
  it("is there with TLS and without, for the same services", async () => {
    const listed = await ask(listTypes);
    expect(listed.types).toContain("TextToTextGenerationRequest");
    expect(await ask(listTypes, {}, { secure: true })).toEqual(listed);
    expect(server.ledger.map(({ path, status }) => [path, status])).toEqual([
      ["/yandex.cloud.ai.dataset.v1.DatasetService/ListTypes", 200],
      ["/yandex.cloud.ai.dataset.v1.DatasetService/ListTypes", 200],
    ]);
  });

  it("lets in an API key by either word, and an IAM token, and nobody else", async () => {
    const { apiKey } = server.account;
    server.identities.tokens.set("t1.good", { expiresAt: Date.now() + 60_000, owner: "service-account" });
    for (const authorization of [`Api-Key ${apiKey}`, `Bearer ${apiKey}`, "Bearer t1.good"]) {
      await ask(listTypes, {}, { authorization });
    }
    for (const authorization of ["Api-Key AQVNother", "Bearer t1.other", null]) {
      await expect(ask(listTypes, {}, { authorization })).rejects.toMatchObject({ code: 16 });
    }
    expect(server.ledger.map(({ status }) => status)).toEqual([200, 200, 200, 401, 401, 401]);
  });

  it("refuses fields that nobody reads, and methods that nobody serves", async () => {
    await expect(ask(listTypes, {}, { bytes: Buffer.from([0x72, 1, 0x61]) })).rejects.toMatchObject({
      code: 3,
      details: "unknown field 14 in yandex.cloud.ai.dataset.v1.ListTypesRequest",
    });
    await expect(ask("tuning.v1.TuningService/EnableBilling")).rejects.toMatchObject({ code: 12 });
    expect(server.ledger.map(({ status }) => status)).toEqual([400, 501]);
  });

  it("has the quotas of REST, counted together", async () => {
    server.quotas.limit("embedding", { perHour: 2 });
    const request = { modelUri: `emb://${server.account.folderId}/text-search-doc/latest`, text: "Hi" };
    expect(await ask(embed, request)).toMatchObject({ numTokens: expect.any(String) });
    const headers = { authorization: `Api-Key ${server.account.apiKey}`, "content-type": "application/json" };
    const url = `${server.origin}/foundationModels/v1/textEmbedding`;
    expect((await fetch(url, { method: "POST", headers, body: JSON.stringify(request) })).status).toBe(200);
    await expect(ask(embed, request)).rejects.toMatchObject({ code: 8, details: expect.stringContaining("allowed 2") });
  });

  it("meets faults: refusals, breaks before and after the work", async () => {
    const request = { modelUri: `emb://${server.account.folderId}/text-search-doc/latest`, text: "Hi" };
    server.faults.add({ path: "/TextEmbedding", refuse: { code: 14, message: "busy" } });
    server.faults.add({ path: "/TextEmbedding", cut: "request" }, { path: "/TextEmbedding", cut: "answer" });
    await expect(ask(embed, request)).rejects.toMatchObject({ code: 14, details: "busy" });
    await expect(ask(embed, request)).rejects.toMatchObject({ code: 14 });
    await expect(ask(embed, request)).rejects.toMatchObject({ code: 14 });
    server.faults.add({ path: "/Completion", cut: "answer" });
    const messages = [{ role: "user", text: "Hi" }];
    const modelUri = `gpt://${server.account.folderId}/yandexgpt/latest`;
    await expect(ask(completion, { modelUri, messages })).rejects.toMatchObject({ code: 14 });
    expect(server.ledger.map(({ billed, ended }) => [billed, ended])).toEqual([
      [false, "done"],
      [false, "cut"],
      [true, "cut"],
      [true, "cut"],
    ]);
  });

  it("streams as the script says: pieces, an error after them, a rewrite", async () => {
    server.script.add(
      { text: ["One,", " two,"], breaksOff: { code: 14, message: "instance was lost" } },
      { rewrites: ["One, to", "One, two"] },
    );
    const request = {
      modelUri: `gpt://${server.account.folderId}/yandexgpt/latest`,
      completionOptions: { stream: true },
      messages: [{ role: "user", text: "Count" }],
    };
    const texts = async () => {
      const seen: unknown[] = [];
      for await (const { alternatives } of ask.stream(completion, request)) {
        const [alternative] = alternatives as { message: { text: string } }[];
        seen.push(alternative?.message.text);
      }
      return seen;
    };
    await expect(texts()).rejects.toMatchObject({ code: 14, details: "instance was lost" });
    expect(await texts()).toEqual(["One, to", "One, two"]);
    expect(server.ledger.map(({ status, ended }) => [status, ended])).toEqual([
      [503, "done"],
      [200, "done"],
    ]);
  });

  it("notes that a client has left, and gives its place to the next one", async () => {
    server.script.add({ text: ["One,", " two"], holdAt: 1 });
    const stream = ask.stream(completion, {
      modelUri: `gpt://${server.account.folderId}/yandexgpt/latest`,
      completionOptions: { stream: true },
      messages: [{ role: "user", text: "Count" }],
    });
    await server.script.untilHeld(1);
    expect(server.quotas.running("completion")).toBe(1);
    stream.on("error", () => {});
    stream.cancel();
    await vi.waitFor(() => expect(server.quotas.running("completion")).toBe(0));
    expect(server.ledger).toMatchObject([{ ended: "left" }]);
  });

  it("echoes the id that a client gave to its request", async () => {
    const stream = ask.stream(listTypes, {}, { headers: { "x-client-request-id": "mine" } });
    const metadata = await new Promise<Metadata>((resolve) => stream.once("metadata", resolve));
    expect(metadata.get("x-client-request-id")).toEqual(["mine"]);
    expect(metadata.get("x-request-id")).toHaveLength(1);
    stream.resume();
  });

  it("tells the same of an operation as REST does", async () => {
    const { folderId, apiKey } = server.account;
    const started = await ask("foundation_models.v1.TextGenerationAsyncService/Completion", {
      modelUri: `gpt://${folderId}/yandexgpt/latest`,
      messages: [{ role: "user", text: "Hi" }],
    });
    const done = await ask.poll(started.id);
    expect(done).toMatchObject({ done: true, response: { alternatives: [{ status: "ALTERNATIVE_STATUS_FINAL" }] } });
    const headers = { authorization: `Api-Key ${apiKey}` };
    const reply = await fetch(`${server.origin}/operations/${started.id}`, { headers });
    expect(await reply.json()).toMatchObject({ response: done.response });
    await expect(ask.poll("d7qunknown")).rejects.toMatchObject({ code: 5 });
  });
});
