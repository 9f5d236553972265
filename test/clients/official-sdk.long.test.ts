// What the official Node SDK makes of the fake: whoever fails here, the fake or a proto of ours is wrong.
import { rm } from "node:fs/promises";
import { parquetReadObjects } from "hyparquet";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { decode, encode } from "../fakes/yandex/grpc/proto-json.ts";
import { protoRoot } from "../fakes/yandex/grpc/service-methods.ts";
import type { YandexGrpc } from "../fakes/yandex/grpc/yandex-grpc.ts";
import { startYandexServer, type YandexServer } from "../fakes/yandex/yandex-server.ts";
import { messagesIn, samplesOf } from "./message-samples.ts";
import { installOfficialSdk, runWithSdk } from "./official-sdk.ts";

let folder: string;
let server: YandexServer & { grpc: YandexGrpc };

beforeAll(async () => {
  folder = await installOfficialSdk();
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

beforeEach(async () => {
  server = await startYandexServer({ grpc: true });
});
afterEach(() => server.close());

const run = (script: string, more: { given?: unknown; key?: string } = {}) => runWithSdk(folder, server, script, more);
const asked = () => server.ledger.map(({ path }) => path.replace(/^.*\./, ""));
const wireOf = (service: string) => server.ledger.filter(({ path }) => path.includes(service));

describe("the official SDK", { timeout: 60_000 }, () => {
  it("has every message of the fake, with the same numbers and types", async () => {
    const given = messagesIn(protoRoot).flatMap((type) =>
      namesInSdk(type.fullName.slice(1)).flatMap((name) =>
        samplesOf(type).map((json) => ({ name, json, bytes: encode(type, json).toString("base64"), type })),
      ),
    );
    expect(given.length).toBeGreaterThan(100);
    const known = await run(
      `const messages = new Map([batch, dataset, models, tuning, endpoint, operation]
        .flatMap((service) => Object.values(service))
        .flatMap((file) => Object.entries(file).map(([name, message]) => [file.protobufPackage + "." + name.replaceAll("_", "."), message])));
      return given.map(({ name, bytes }) => {
        const message = messages.get(name);
        return message && Buffer.from(message.encode(message.decode(Buffer.from(bytes, "base64"))).finish()).toString("base64");
      });`,
      { given: given.map(({ name, bytes }) => ({ name, bytes })) },
    );
    const seen = (known as (string | null)[]).map((bytes, index) => {
      const { name, type } = given[index] ?? {};
      return { name, json: type && bytes !== null ? decode(type, Buffer.from(bytes, "base64")) : undefined };
    });
    expect(seen).toEqual(given.map(({ name, json }) => ({ name, json })));
  });

  it("streams a text whose every message has all of it so far", async () => {
    server.script.add({ text: ["It is ", "open ", "today."] });
    const messages = await run(`
      const { TextGenerationServiceClient, CompletionRequest } = models.textGenerationService;
      const request = CompletionRequest.fromPartial({
        modelUri: "gpt://" + folderId + "/yandexgpt/latest",
        completionOptions: { stream: true, temperature: 0.25, maxTokens: 500 },
        messages: [{ role: "system", text: "Be brief." }, { role: "user", text: "Is it open?" }],
      });
      const messages = [];
      for await (const message of client(TextGenerationServiceClient).completion(request)) messages.push(message);
      return messages;
    `);
    expect(messages).toMatchObject([
      { alternatives: [{ status: 1, message: { role: "assistant", text: "It is " } }] },
      { alternatives: [{ status: 1, message: { text: "It is open " } }] },
      {
        alternatives: [{ status: 3, message: { text: "It is open today." } }],
        usage: {
          inputTextTokens: expect.any(Number),
          completionTokens: expect.any(Number),
          totalTokens: expect.any(Number),
        },
        modelVersion: expect.any(String),
      },
    ]);
    expect(server.ledger).toMatchObject([
      {
        path: "/yandex.cloud.ai.foundation_models.v1.TextGenerationService/Completion",
        body: { completionOptions: { stream: true, temperature: 0.25, maxTokens: "500" } },
        status: 200,
        billed: true,
        ended: "done",
      },
    ]);
    expect(server.script.requests[0]).toMatchObject({ messages: [{ role: "system" }, { text: "Is it open?" }] });
  });

  it("calls a tool, and brings its result", async () => {
    server.script.add({ toolCalls: [{ name: "add", arguments: { xs: [1, 2] } }] }, { text: "It is 3." });
    const replies = await run(`
      const { TextGenerationServiceClient, CompletionRequest } = models.textGenerationService;
      const ask = async (messages) => {
        const request = CompletionRequest.fromPartial({
          modelUri: "gpt://" + folderId + "/yandexgpt/latest",
          messages,
          tools: [{ function: { name: "add", parameters: { type: "object", properties: { xs: { type: "array" } } } } }],
          toolChoice: { mode: 2 },
          parallelToolCalls: false,
        });
        for await (const message of client(TextGenerationServiceClient).completion(request)) return message.alternatives[0];
      };
      const question = { role: "user", text: "1 + 2?" };
      const called = await ask([question]);
      const result = { role: "user", toolResultList: { toolResults: [{ functionResult: { name: "add", content: "3" } }] } };
      return [called, await ask([question, called.message, result])];
    `);
    expect(replies).toMatchObject([
      {
        status: 5,
        message: { toolCallList: { toolCalls: [{ functionCall: { name: "add", arguments: { xs: [1, 2] } } }] } },
      },
      { status: 3, message: { text: "It is 3." } },
    ]);
  });

  it("waits for an answer in asynchronous mode", async () => {
    server.operations.plans.push({ unfinished: 2 });
    server.script.add({ text: "Later." });
    const done = await run(`
      const { TextGenerationAsyncServiceClient, CompletionRequest, CompletionResponse } = models.textGenerationService;
      const started = await client(TextGenerationAsyncServiceClient).completion(CompletionRequest.fromPartial({
        modelUri: "gpt://" + folderId + "/yandexgpt-lite/latest",
        messages: [{ role: "user", text: "When?" }],
      }));
      const done = await finished(started);
      return { started, answer: payload(CompletionResponse, done.response) };
    `);
    expect(done).toMatchObject({
      started: { id: expect.stringMatching(/^d7q/), done: false, description: "Async GPT Completion" },
      answer: { alternatives: [{ status: 3, message: { text: "Later." } }] },
    });
    expect(asked().filter((path) => path === "OperationService/Get")).toHaveLength(3);
  });

  it("cancels an operation", async () => {
    server.operations.plans.push({ unfinished: "never" });
    const cancelled = await run(`
      const { TextGenerationAsyncServiceClient, CompletionRequest } = models.textGenerationService;
      const { id } = await client(TextGenerationAsyncServiceClient).completion(CompletionRequest.fromPartial({
        modelUri: "gpt://" + folderId + "/yandexgpt-lite/latest",
        messages: [{ role: "user", text: "When?" }],
      }));
      return client(operation.operationService.OperationServiceClient).cancel({ operationId: id });
    `);
    expect(cancelled).toMatchObject({ done: true, error: { code: 1 } });
  });

  it("counts tokens, embeds, classifies", async () => {
    const answers = await run(`
      const { TokenizerServiceClient, TokenizeRequest, CompletionRequest } = models.textGenerationService;
      const modelUri = "gpt://" + folderId + "/yandexgpt/latest";
      const tokenizer = client(TokenizerServiceClient);
      const { EmbeddingsServiceClient, TextEmbeddingRequest } = models.embeddingService;
      const { TextClassificationServiceClient, FewShotTextClassificationRequest } = models.textClassificationService;
      return {
        text: await tokenizer.tokenize(TokenizeRequest.fromPartial({ modelUri, text: "ping" })),
        chat: await tokenizer.tokenizeCompletion(CompletionRequest.fromPartial({ modelUri, messages: [{ role: "user", text: "ping" }] })),
        embedding: await client(EmbeddingsServiceClient).textEmbedding(TextEmbeddingRequest.fromPartial({
          modelUri: "emb://" + folderId + "/text-search-doc/latest", text: "Opening hours",
        })),
        classes: await client(TextClassificationServiceClient).fewShotClassify(FewShotTextClassificationRequest.fromPartial({
          modelUri: "cls://" + folderId + "/yandexgpt-lite/latest",
          taskDescription: "Is it spam?", labels: ["spam", "mail"], text: "Buy now", samples: [{ text: "Win!", label: "spam" }],
        })),
      };
    `);
    expect(answers).toMatchObject({
      text: { tokens: [{ id: 1, text: "<s>", special: true }, { text: "▁ping" }] },
      chat: { tokens: expect.arrayContaining([expect.objectContaining({ text: "[SEP]", special: true })]) },
      embedding: { embedding: { length: 256 }, numTokens: expect.any(Number) },
      classes: { predictions: [{ label: "spam", confidence: expect.any(Number) }, { label: "mail" }] },
    });
  });

  it("draws an image", async () => {
    const image = await run(`
      const { ImageGenerationAsyncServiceClient, ImageGenerationRequest, ImageGenerationResponse } = models.imageGenerationService;
      const started = await client(ImageGenerationAsyncServiceClient).generate(ImageGenerationRequest.fromPartial({
        modelUri: "art://" + folderId + "/yandex-art/latest",
        messages: [{ text: "a red fox in snow", weight: 1 }],
        generationOptions: { mimeType: "image/jpeg", seed: 42, aspectRatio: { widthRatio: 2, heightRatio: 1 } },
      }));
      const { image } = payload(ImageGenerationResponse, (await finished(started)).response);
      return { id: started.id, createdAt: started.createdAt ?? null, image };
    `);
    expect(image).toMatchObject({
      id: expect.stringMatching(/^fbv/),
      createdAt: null,
      image: expect.stringMatching(/^\/9j\//),
    });
  });

  it("brings a dataset from a draft to a download", async () => {
    const rows = Array.from({ length: 12 }, (_, index) => ({
      request: [{ role: "user", text: `Question ${index}` }],
      response: `Answer ${index}`,
    }));
    const seen = await run(createDataset, { given: { taskType: "TextToTextGeneration", rows, describes: true } });
    expect(seen).toMatchObject({
      created: {
        dataset: { status: 1, name: "From the SDK", labels: { project: "hotel" }, createdAt: expect.any(String) },
      },
      put: { status: 200, etag: expect.stringMatching(/^"[0-9a-f]{32}"$/) },
      metadata: { validRows: 12, processedRows: 12, totalRows: 12 },
      outcome: { isValid: true, errors: [] },
      described: { status: 3, rows: 12 },
      listed: { datasets: [{ name: "From the SDK" }], nextPageToken: "" },
      preview: { previewLines: { length: 10 } },
      downloads: { downloadUrls: [{ key: "main" }] },
    });
    const { downloads } = seen as { downloads: { downloadUrls: { url: string }[] } };
    const file = await (await fetch(downloads.downloadUrls[0]?.url ?? "")).arrayBuffer();
    expect(await parquetReadObjects({ file })).toEqual(rows);
  });

  it("is told which rows of a dataset are wrong", async () => {
    const rows = [{ request: [{ role: "user", text: "Hi" }] }, { request: [] }, { request: [], response: "no" }];
    const seen = await run(createDataset, { given: { taskType: "TextToTextGenerationRequest", rows } });
    expect(seen).toMatchObject({
      outcome: { isValid: false, errors: [{ rowNumbers: [2] }, { rowNumbers: [3] }] },
      described: { status: 4, validationError: [{ rowNumbers: [2] }, { rowNumbers: [3] }] },
    });
  });

  it("uploads a dataset in parts", async () => {
    server.grpc.storage.leastPartBytes = 100;
    const text = Array.from({ length: 20 }, (_, index) =>
      JSON.stringify({ anchor: `anchor ${index}`, positive: `positive ${index}` }),
    ).join("\n");
    const seen = await run(
      `
      const { DatasetServiceClient, CreateDatasetRequest, StartMultipartUploadDraftRequest, FinishMultipartUploadDraftRequest } = dataset.datasetService;
      const datasets = client(DatasetServiceClient);
      const { datasetId } = await datasets.create(CreateDatasetRequest.fromPartial({
        name: "parts", folderId, taskType: "TextEmbeddingsPair", uploadFormat: "jsonlines",
      }));
      const bytes = Buffer.from(given);
      const { multipartUploadUrls: urls } = await datasets.startMultipartUploadDraft(
        StartMultipartUploadDraftRequest.fromPartial({ datasetId, sizeBytes: bytes.length, parts: 3 }));
      const size = Math.ceil(bytes.length / urls.length);
      const uploadedParts = [];
      for (const [index, url] of urls.entries()) {
        const reply = await fetch(url, { method: "PUT", body: bytes.subarray(index * size, (index + 1) * size) });
        uploadedParts.push({ partNum: index + 1, etag: reply.headers.get("etag") });
      }
      await datasets.finishMultipartUploadDraft(FinishMultipartUploadDraftRequest.fromPartial({ datasetId, uploadedParts }));
      await finished(await datasets.validate({ datasetId }));
      return (await datasets.describe({ datasetId })).dataset;
      `,
      { given: text },
    );
    expect(seen).toMatchObject({ status: 3, rows: 20, sizeBytes: Buffer.byteLength(text) });
  });

  it("renames a dataset, deletes it, and asks which kinds there are", async () => {
    const seen = await run(`
      const { DatasetServiceClient, CreateDatasetRequest, UpdateDatasetRequest, ListUploadSchemasRequest, ListOperationsIdsRequest } = dataset.datasetService;
      const datasets = client(DatasetServiceClient);
      const { datasetId } = await datasets.create(CreateDatasetRequest.fromPartial({
        name: "old", folderId, taskType: "TextEmbeddingsPair", uploadFormat: "jsonlines", description: "kept",
      }));
      const updated = await datasets.update(UpdateDatasetRequest.fromPartial({ datasetId, updateMask: { paths: ["name"] }, name: "new" }));
      await datasets.delete({ datasetId });
      return {
        updated: updated.dataset,
        deleting: (await datasets.describe({ datasetId })).dataset.status,
        gone: await refused(datasets.describe({ datasetId })),
        types: (await datasets.listTypes({ folderId })).types,
        schemas: (await datasets.listUploadSchemas(ListUploadSchemasRequest.fromPartial({ taskType: "TextEmbeddingsPair" }))).schemas,
        unknown: await refused(datasets.create(CreateDatasetRequest.fromPartial({ name: "a", folderId, taskType: "Other", uploadFormat: "jsonlines" }))),
      };
    `);
    expect(seen).toMatchObject({
      updated: { name: "new", description: "kept" },
      deleting: 5,
      gone: expect.stringContaining("NOT_FOUND"),
      types: expect.arrayContaining(["TextToTextGeneration", "TextEmbeddingsTriplet"]),
      schemas: [{ taskType: "TextEmbeddingsPair", uploadFormat: "jsonlines" }],
      unknown: expect.stringContaining("INVALID_ARGUMENT"),
    });
  });

  it("tunes a model that can be used at once", async () => {
    const rows = Array.from({ length: 10 }, (_, index) => ({
      request: [{ role: "user", text: `Question ${index}` }],
      response: `Answer ${index}`,
    }));
    const seen = await run(
      `
      const datasetId = await (async () => {${createDataset}})().then((seen) => seen.created.datasetId);
      const { TuningServiceClient, TuningRequest, TuningMetadata, TuningResponse, ListTuningsRequest } = tuning.tuningService;
      const tunings = client(TuningServiceClient);
      const started = await tunings.tune(TuningRequest.fromPartial({
        baseModelUri: "gpt://" + folderId + "/yandexgpt-lite/latest",
        trainDatasets: [{ datasetId, weight: 1 }],
        validationDataset: { datasetId, weight: 1 },
        textToTextCompletion: { lr: 0.0001, lora: { rank: 8 }, scheduler: { cosine: { minLr: 0 }, warmupRatio: 0.1 }, optimizer: { adamw: { beta1: 0.9 } } },
        name: "hotel bot", labels: { project: "hotel" },
      }));
      const early = await refused(tunings.getMetricsUrl({ taskId: started.id }));
      const done = await finished(started);
      const outcome = payload(TuningResponse, done.response);
      const { TextGenerationServiceClient, CompletionRequest } = models.textGenerationService;
      let answer;
      for await (const message of client(TextGenerationServiceClient).completion(CompletionRequest.fromPartial({
        modelUri: outcome.targetModelUri, messages: [{ role: "user", text: "Hi" }],
      }))) answer = message.alternatives[0].status;
      return {
        started: { id: started.id, metadata: payload(TuningMetadata, started.metadata) },
        early,
        progress: payload(TuningMetadata, done.metadata),
        outcome,
        answer,
        described: (await tunings.describe({ tuningTaskId: started.id })).tuningTask,
        listed: (await tunings.list(ListTuningsRequest.fromPartial({ folderId, pageSize: 5 }))).tuningTasks.length,
        options: await tunings.getOptions({ taskId: started.id }),
        errors: await tunings.listErrors({ tuningTaskId: started.id }),
        metrics: (await tunings.getMetricsUrl({ taskId: started.id })).loadUrl,
      };
      `,
      { given: { taskType: "TextToTextGeneration", rows } },
    );
    const { id } = (seen as { started: { id: string } }).started;
    const target = `gpt://${server.account.folderId}/yandexgpt-lite/latest@tamr`;
    expect(seen).toMatchObject({
      started: { id: expect.stringMatching(/^ftn/), metadata: { tuningTaskId: id, status: 1 } },
      early: expect.stringContaining("NOT_FOUND"),
      progress: { status: 4, totalSteps: 100, currentStep: 100 },
      outcome: { tuningTaskId: id, status: 4, targetModelUri: expect.stringContaining(target) },
      answer: 3,
      described: {
        operationId: id,
        status: 4,
        sourceModelUri: "gpt://yandexgpt-lite/latest",
        name: "hotel bot",
        labels: { project: "hotel" },
        finishedAt: expect.any(String),
      },
      listed: 1,
      options: { textToTextCompletion: { lr: 0.0001, lora: { rank: 8 }, scheduler: { warmupRatio: 0.1 } } },
      errors: { tuningError: [] },
      metrics: expect.stringContaining(server.origin),
    });
  });

  it("has a dataset answered as a batch", async () => {
    server.script.add({ text: "First." }, { refuse: { code: 3, message: "too long" } }, { text: "Third." });
    const rows = ["one", "two", "three"].map((text) => ({ request: [{ role: "user", text }] }));
    const seen = await run(
      `
      const datasetId = await (async () => {${createDataset}})().then((seen) => seen.created.datasetId);
      const { TextGenerationBatchServiceClient, BatchCompletionRequest, BatchCompletionMetadata, BatchCompletionResponse } = models.textGenerationService;
      const { BatchInferenceServiceClient, ListBatchInferencesRequest } = batch.batchInferenceService;
      const tasks = client(BatchInferenceServiceClient);
      const started = await client(TextGenerationBatchServiceClient).completion(BatchCompletionRequest.fromPartial({
        modelUri: "gpt://" + folderId + "/gemma-3-12b-it/latest",
        completionOptions: { temperature: 0.3, maxTokens: 1000 },
        sourceDatasetId: datasetId,
      }));
      const { taskId } = payload(BatchCompletionMetadata, started.metadata);
      const early = await refused(tasks.cancel({ taskId }));
      const pending = (await tasks.describe({ taskId })).task;
      const outcome = payload(BatchCompletionResponse, (await finished(started)).response);
      const datasets = client(dataset.datasetService.DatasetServiceClient);
      return {
        started, taskId, early, pending, outcome,
        described: (await tasks.describe({ taskId })).task,
        listed: (await tasks.list(ListBatchInferencesRequest.fromPartial({ folderId }))).tasks.length,
        result: (await datasets.describe({ datasetId: outcome.resultDatasetId })).dataset,
        url: (await datasets.getDownloadUrls({ datasetId: outcome.resultDatasetId })).downloadUrls[0].url,
      };
      `,
      { given: { taskType: "TextToTextGenerationRequest", rows } },
    );
    const { taskId, started, url } = seen as { taskId: string; started: { id: string }; url: string };
    expect(taskId).not.toBe(started.id);
    expect(seen).toMatchObject({
      early: expect.stringContaining("FAILED_PRECONDITION"),
      pending: { status: 2, resultDatasetId: expect.stringMatching(/^fds/), operationId: started.id },
      outcome: { taskId, taskStatus: 4 },
      described: {
        status: 4,
        completionRequest: { completionOptions: { temperature: 0.3, maxTokens: 1000 } },
        errors: { status: { code: 0 }, lineErrors: [{ lineNumber: 2, message: "too long" }] },
      },
      listed: 1,
      result: { name: `Batch inference ${taskId} result`, taskType: "TextToTextGeneration", status: 3, rows: 0 },
    });
    expect(await parquetReadObjects({ file: await (await fetch(url)).arrayBuffer() })).toEqual([
      { ...rows[0], response: "First." },
      { ...rows[2], response: "Third." },
    ]);
    expect(wireOf("TextGenerationBatchService")).toMatchObject([{ billed: true, billedTokens: 200_000 }]);
  });

  it("finds every service where it asked for it", async () => {
    const listed = await run(
      `return client(endpoint.apiEndpointService.ApiEndpointServiceClient).list(endpoint.apiEndpointService.ListApiEndpointsRequest.fromPartial({}));`,
    );
    const address = server.grpc.secure;
    expect(listed).toMatchObject({
      endpoints: expect.arrayContaining([
        { id: "ai-foundation-models", address },
        { id: "operation", address },
      ]),
    });
  });

  it("is refused in the words and with the codes of the service", async () => {
    const ask = `
      const { TextGenerationServiceClient, CompletionRequest } = models.textGenerationService;
      const request = CompletionRequest.fromPartial({ ...given, messages: [{ role: "user", text: "Hi" }] });
      return refused((async () => { for await (const _ of client(TextGenerationServiceClient).completion(request)); })());
    `;
    const { folderId } = server.account;
    const modelUri = `gpt://${folderId}/yandexgpt/latest`;
    expect(await run(ask, { given: { modelUri }, key: "AQVNwrong" })).toContain("UNAUTHENTICATED: Unknown api key");
    expect(await run(ask, { given: { modelUri, completionOptions: { temperature: 2 } } })).toContain(
      "INVALID_ARGUMENT: Invalid temperature value",
    );
    expect(await run(ask, { given: { modelUri: "gpt://b1gother/yandexgpt/latest" } })).toContain(
      "does not match with service account folder ID",
    );
    server.quotas.limit("completion", { atOnce: 0 });
    expect(await run(ask, { given: { modelUri } })).toContain("RESOURCE_EXHAUSTED");
    expect(server.ledger.map(({ status, billed }) => [status, billed])).toEqual([
      [401, false],
      [400, false],
      [400, false],
      [429, false],
    ]);
  });
});

/** Where we have one message, the SDK may have several of the same layout, or keep it to itself. */
function namesInSdk(name: string): string[] {
  const [, room, last = ""] = /^(.*)\.(\w+)$/.exec(name) ?? [];
  const [texts, embeddings] = [
    ["TextToTextCompletionTuningParams", "TextClassificationMultilabelParams", "TextClassificationMulticlassParams"],
    ["TextEmbeddingPairParams", "TextEmbeddingTripletParams"],
  ];
  if (name === "google.rpc.Status") return [];
  if (last === "TuningParams") return texts.map((each) => `${room}.${each}`);
  if (last === "EmbeddingTuningParams") return embeddings.map((each) => `${room}.${each}`);
  const isPart = room?.endsWith("tuning.v1") && ["Scheduler", "Optimizer"].includes(last);
  return isPart ? [...texts, ...embeddings].map((each) => `${room}.${each}.${last}`) : [name];
}

/** A dataset of `given.rows`, uploaded and validated. */
const createDataset = `
  const { DatasetServiceClient, CreateDatasetRequest, GetUploadDraftUrlRequest, ListDatasetsRequest, ValidateDatasetMetadata, ValidateDatasetResponse } = dataset.datasetService;
  const datasets = client(DatasetServiceClient);
  const created = await datasets.create(CreateDatasetRequest.fromPartial({
    name: "From the SDK", folderId, taskType: given.taskType, uploadFormat: "jsonlines", labels: { project: "hotel" },
  }));
  const { datasetId } = created;
  const body = given.rows.map((row) => JSON.stringify(row)).join("\\n");
  const { uploadUrl } = await datasets.getUploadDraftUrl(
    GetUploadDraftUrlRequest.fromPartial({ datasetId, sizeBytes: Buffer.byteLength(body) }));
  const put = await fetch(uploadUrl, { method: "PUT", body });
  const done = await finished(await datasets.validate({ datasetId }));
  return {
    created,
    put: { status: put.status, etag: put.headers.get("etag") },
    metadata: payload(ValidateDatasetMetadata, done.metadata),
    outcome: payload(ValidateDatasetResponse, done.response),
    described: (await datasets.describe({ datasetId })).dataset,
    ...(given.describes && {
      listed: await datasets.list(ListDatasetsRequest.fromPartial({
        folderId, status: [3], datasetNamePattern: "SDK", taskTypeFilter: [given.taskType], pageSize: 10,
      })),
      preview: await datasets.getPreview({ datasetId }),
      downloads: await datasets.getDownloadUrls({ datasetId }),
    }),
  };
`;
