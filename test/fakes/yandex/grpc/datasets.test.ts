import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer } from "../yandex-server.ts";
import { askGrpc, generationRows } from "./ask-grpc.ts";
import type { Json } from "./proto-json.ts";
import type { YandexGrpc } from "./yandex-grpc.ts";

const clock = { ms: Date.UTC(2026, 0, 15), now: () => clock.ms };
const service = "dataset.v1.DatasetService";
let server: YandexServer & { grpc: YandexGrpc };
let ask: ReturnType<typeof askGrpc>;

beforeEach(async () => {
  server = await startYandexServer({ grpc: true, clock });
  ask = askGrpc(server);
});
afterEach(async () => {
  ask.close();
  await server.close();
});

async function create(more: Json = {}): Promise<string> {
  const request = { name: "rows", folderId: server.account.folderId, taskType: "TextToTextGeneration", ...more };
  const { datasetId } = await ask(`${service}/Create`, { uploadFormat: "jsonlines", ...request });
  return String(datasetId);
}

async function uploadUrl(datasetId: string, sizeBytes: number): Promise<string> {
  return String((await ask(`${service}/GetUploadDraftUrl`, { datasetId, sizeBytes })).uploadUrl);
}

const describeOf = async (datasetId: string) => (await ask(`${service}/Describe`, { datasetId })).dataset;
const codeOf = async (reply: Response) => [reply.status, /<Code>(\w+)/.exec(await reply.text())?.[1]];

describe("a dataset of the fake", () => {
  it("is refused with a name of 64 letters, an unknown type or format, in another folder, and as the 101st", async () => {
    const refused = async (more: Json, code: number) => await expect(create(more)).rejects.toMatchObject({ code });
    await refused({ name: "n".repeat(64) }, 3);
    await refused({ name: "" }, 3);
    await refused({ taskType: "TextEmbeddingPairParams" }, 3);
    await refused({ uploadFormat: "parquet" }, 3);
    await refused({ folderId: "b1gother" }, 7);
    server.grpc.datasets.limit = 1;
    await create({ name: "n".repeat(63) });
    await refused({}, 8);
  });

  it("is validated over several polls: nothing, then counts, then the verdict", async () => {
    const datasetId = await create();
    const body = generationRows(3)
      .map((row) => JSON.stringify(row))
      .join("\n");
    await fetch(await uploadUrl(datasetId, body.length), { method: "PUT", body });
    expect(await describeOf(datasetId)).toMatchObject({ status: "DRAFT" });
    const { id, done } = await ask(`${service}/Validate`, { datasetId });
    expect([String(id).slice(0, 3), id === datasetId, done]).toEqual(["fds", false, false]);
    expect(await describeOf(datasetId)).toMatchObject({ status: "VALIDATING" });
    expect((await ask.poll(id)).metadata).toBeUndefined();
    expect(await ask.poll(id)).toMatchObject({ done: false, metadata: { processedRows: "3", totalRows: "3" } });
    expect(await ask.poll(id)).toMatchObject({ done: true, response: { datasetId, isValid: true } });
    expect(await describeOf(datasetId)).toMatchObject({ status: "READY", rows: "3", sizeBytes: String(body.length) });
    const ids = await ask(`${service}/ListOperationsIds`, { datasetId: [datasetId] });
    expect(ids).toEqual({ datasetIdToOperationId: { [datasetId]: id } });
    await expect(ask(`${service}/Validate`, { datasetId })).rejects.toMatchObject({ code: 9 });
  });

  it("cannot be validated before it is uploaded", async () => {
    const datasetId = await create();
    await expect(ask(`${service}/Validate`, { datasetId })).rejects.toMatchObject({ code: 9 });
    await expect(uploadUrl(datasetId, 0)).rejects.toMatchObject({ code: 3 });
  });

  it.each([
    ["TextToTextGeneration", { request: [{ role: "user", text: "a" }] }, "'response' has to be a text"],
    ["TextToTextGeneration", { request: [{ role: "bot", text: "a" }], response: "b" }, "unknown role 'bot'"],
    ["TextToTextGenerationRequest", { request: [], response: "b" }, "unknown field 'response'"],
    ["TextToTextGenerationRequest", '{"request":', "the line is no JSON object"],
    ["TextClassificationMulticlass", { text: "a", x: 1, y: 1 }, "exactly one class has to be 1"],
    ["TextClassificationMultilabel", { text: "a", x: 2 }, "class 'x' has to be 0 or 1"],
    ["TextEmbeddingsTriplet", { anchor: "a", positive: "b" }, "'negative' has to be a text"],
    ["ImageTextToTextGenerationRequest", { request: [{ role: "user", content: [{ type: "video" }] }] }, "a piece of"],
  ])("%s with the row %j is invalid: %s", async (taskType, row, problem) => {
    const datasetId = await ask.dataset(taskType, [row, row]);
    expect(await describeOf(datasetId)).toMatchObject({
      status: "INVALID",
      validationError: [{ errorDescription: expect.stringContaining(problem), rowNumbers: ["1", "2"] }],
    });
  });

  it("comes back as Parquet with Snappy: requests as lists of structs, classes as integers", async () => {
    const rows = generationRows(5);
    server.grpc.datasets.rowsPerFile = 2;
    const datasetId = await ask.dataset("TextToTextGeneration", rows);
    const { downloadUrls } = await ask(`${service}/GetDownloadUrls`, { datasetId });
    const files = (downloadUrls as { key: string; url: string }[]).map(({ key, url }) => ({ key, url }));
    expect(files.map(({ key }) => key)).toEqual(["1.parquet", "2.parquet", "3.parquet"]);
    const read = await Promise.all(
      files.map(async ({ url }) => {
        const file = await (await fetch(url)).arrayBuffer();
        const codecs = parquetMetadata(file).row_groups.flatMap(({ columns }) =>
          columns.map((each) => each.meta_data?.codec),
        );
        expect(new Set(codecs)).toEqual(new Set(["SNAPPY"]));
        return parquetReadObjects({ file });
      }),
    );
    expect(read.flat()).toEqual(rows);
    const labelled = await ask.dataset("TextClassificationMultilabel", [{ text: "a", good: 1, bad: 0 }]);
    const [only] = (await ask(`${service}/GetDownloadUrls`, { datasetId: labelled })).downloadUrls as Json[];
    expect(only?.key).toBe("main");
    const file = await (await fetch(String(only?.url))).arrayBuffer();
    expect(await parquetReadObjects({ file })).toEqual([{ text: "a", good: 1n, bad: 0n }]);
  });

  it("with images comes back with its pieces", async () => {
    const row = {
      request: [
        {
          role: "user",
          content: [
            { type: "text", text: "What?" },
            { type: "image", image: "/9j/" },
          ],
        },
      ],
    };
    const datasetId = await ask.dataset("ImageTextToTextGenerationRequest", [row]);
    const [only] = (await ask(`${service}/GetDownloadUrls`, { datasetId })).downloadUrls as Json[];
    const file = await (await fetch(String(only?.url))).arrayBuffer();
    expect(await parquetReadObjects({ file })).toMatchObject([row]);
  });

  it("is listed by pages, by name, status and type", async () => {
    const { folderId } = server.account;
    for (const name of ["one", "two", "three"]) await create({ name });
    const ready = await ask.dataset("TextEmbeddingsPair", [{ anchor: "a", positive: "b" }]);
    const list = async (request: Json) => {
      const { datasets = [], nextPageToken } = await ask(`${service}/List`, { folderId, ...request });
      return { names: (datasets as Json[]).map(({ name }) => name), token: nextPageToken };
    };
    const first = await list({ pageSize: 3 });
    expect(first.names).toEqual(["one", "two", "three"]);
    expect(await list({ pageSize: 3, pageToken: first.token })).toEqual({ names: ["rows"], token: "" });
    expect((await list({ datasetNamePattern: "t" })).names).toEqual(["two", "three"]);
    expect((await list({ status: ["READY", "INVALID"] })).names).toEqual(["rows"]);
    expect((await list({ taskTypeFilter: ["TextEmbeddingsPair"] })).names).toEqual(["rows"]);
    expect((await list({ datasetIds: [ready] })).names).toEqual(["rows"]);
    await expect(list({ pageToken: "mine" })).rejects.toMatchObject({ code: 3 });
  });

  it("is changed where the mask says so, and goes when it is deleted", async () => {
    const datasetId = await create({ description: "old", labels: { a: "1" } });
    await ask(`${service}/Update`, { datasetId, updateMask: "name,labels", name: "new", description: "not meant" });
    expect(await describeOf(datasetId)).toMatchObject({ name: "new", description: "old", labels: {} });
    await ask(`${service}/Delete`, { datasetId });
    expect(await describeOf(datasetId)).toMatchObject({ status: "DELETING" });
    await expect(describeOf(datasetId)).rejects.toMatchObject({ code: 5 });
    server.grpc.datasets.limit = 1;
    await ask(`${service}/Delete`, { datasetId: await create() });
    const statuses = async () => {
      const { datasets = [] } = await ask(`${service}/List`, { folderId: server.account.folderId });
      return (datasets as Json[]).map(({ status }) => status);
    };
    expect(await statuses()).toEqual(["DELETING"]);
    await create();
    expect(await statuses()).toEqual(["DRAFT"]);
  });
});

describe("the object storage of the fake", () => {
  it("takes the length that was announced, and no other, and no other address", async () => {
    const url = await uploadUrl(await create(), 5);
    const put = (address: string, init: RequestInit) => fetch(address, { method: "PUT", ...init }).then(codeOf);
    expect(await put(url, { body: "four" })).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await put(url.replace("fds", "fdx"), { body: "12345" })).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await put(url, { body: "12345", headers: { authorization: "Api-Key key" } })).toEqual([
      400,
      "InvalidArgument",
    ]);
    expect(await fetch(url).then(codeOf)).toEqual([403, "SignatureDoesNotMatch"]);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from("12345"));
        controller.close();
      },
    });
    const chunked = { body: stream, duplex: "half" as const };
    expect(await put(url, chunked)).toEqual([411, "MissingContentLength"]);
    const reply = await fetch(url, { method: "PUT", body: "12345" });
    expect([reply.status, reply.headers.get("etag")]).toEqual([200, '"827ccb0eea8a706c4c34a16891f84e7b"']);
  });

  it("lets its addresses grow old: after a day, or when it is told", async () => {
    const datasetId = await create();
    const first = await uploadUrl(datasetId, 5);
    clock.ms += 86_400_000;
    expect(await fetch(first, { method: "PUT", body: "12345" }).then(codeOf)).toEqual([403, "AccessDenied"]);
    const second = await uploadUrl(datasetId, 5);
    server.grpc.storage.expireAddresses();
    expect(await fetch(second, { method: "PUT", body: "12345" }).then(codeOf)).toEqual([403, "AccessDenied"]);
  });

  it("puts parts together that are all there, in order, large enough, with their ETags", async () => {
    server.grpc.storage.leastPartBytes = 10;
    const datasetId = await create();
    const start = async (sizeBytes: number, parts: number) =>
      (await ask(`${service}/StartMultipartUploadDraft`, { datasetId, sizeBytes, parts }))
        .multipartUploadUrls as string[];
    const finish = (uploadedParts: Json[]) =>
      ask(`${service}/FinishMultipartUploadDraft`, { datasetId, uploadedParts });
    const put = async (url = "", body = "") => (await fetch(url, { method: "PUT", body })).headers.get("etag");
    await expect(start(25, 4)).rejects.toMatchObject({ code: 3 });
    const [first, second, third] = await start(25, 3);
    const etags = [await put(first, "0123456789"), await put(second, "0123456789"), await put(third, "01234")];
    const parts = etags.map((etag, index) => ({ partNum: index + 1, etag }));
    await expect(finish(parts.slice(0, 2))).rejects.toMatchObject({ code: 3 });
    await expect(finish(parts.toReversed())).rejects.toMatchObject({ code: 3 });
    await expect(finish(parts.map((part) => ({ ...part, etag: "other" })))).rejects.toMatchObject({ code: 3 });
    await expect(finish([{ partNum: 0, etag: "a" }])).rejects.toMatchObject({ code: 3 });
    await finish(parts);
    await ask(`${service}/Validate`, { datasetId });
    const small = await create();
    const urls = (await ask(`${service}/StartMultipartUploadDraft`, { datasetId: small, sizeBytes: 20, parts: 2 }))
      .multipartUploadUrls as string[];
    const uneven = [await put(urls[0], "01234"), await put(urls[1], "012345678901234")];
    const uploadedParts = uneven.map((etag, index) => ({ partNum: index + 1, etag }));
    await expect(
      ask(`${service}/FinishMultipartUploadDraft`, { datasetId: small, uploadedParts }),
    ).rejects.toMatchObject({ code: 3, details: expect.stringContaining("EntityTooSmall") });
  });
});
