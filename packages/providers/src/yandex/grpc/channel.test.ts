import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { BesedaError } from "@beseda/core";
import * as grpc from "@grpc/grpc-js";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type YandexConnection, yandexConnection } from "../connection/connection.ts";
import { closeGrpc, type GrpcCall, grpcChannel } from "./channel.ts";
import { loadGrpc } from "./load-grpc.ts";

type Refusal = { code: number; details: string; metadata?: grpc.Metadata };
type Asked = { path: string; metadata: grpc.Metadata };

let answers: (object | Refusal)[] = [];
let asked: Asked[] = [];
let hangs = false;
let port: number;
const server = new grpc.Server();

beforeAll(async () => {
  const { root } = await loadGrpc();
  const reply = root.lookupType("yandex.cloud.ai.dataset.v1.ListTypesResponse");
  const bytes = (value: Buffer) => value;
  const methods = ["ListTypes", "Delete"].map((method) => {
    const path = `/yandex.cloud.ai.dataset.v1.DatasetService/${method}`;
    const codec = {
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    };
    return [method, { path, requestStream: false, responseStream: false, ...codec }];
  });
  const serve: grpc.handleUnaryCall<Buffer, Buffer> = (call, callback) => {
    asked.push({ path: call.getPath(), metadata: call.metadata });
    if (hangs) return;
    const answer = answers.shift() ?? {};
    if ("code" in answer) callback(answer as grpc.ServerErrorResponse);
    else callback(null, Buffer.from(reply.encode(reply.fromObject(answer)).finish()));
  };
  server.addService(Object.fromEntries(methods), { ListTypes: serve, Delete: serve });
  port = await new Promise((resolve, reject) => {
    const credentials = grpc.ServerCredentials.createInsecure();
    server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
});

afterAll(() => server.forceShutdown());

beforeEach(() => {
  answers = [];
  asked = [];
  hangs = false;
});

const settings = () => ({
  apiKey: "AQVNsecret-of-nobody",
  folderId: "b1gfolder",
  endpoints: { grpc: `http://127.0.0.1:${port}` },
  retry: { retries: 2, longestWaitMs: 0 },
});
const connect = () => yandexConnection(settings());
const read: GrpcCall = {
  method: "yandex.cloud.ai.dataset.v1.DatasetService/ListTypes",
  request: { folderId: "b1gfolder" },
  kind: "read",
};
const write: GrpcCall = {
  method: "yandex.cloud.ai.dataset.v1.DatasetService/Delete",
  request: { datasetId: "fds1" },
  kind: "write",
};

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

describe("the gRPC channel", () => {
  it("says who asks, and fills in what a reply leaves out", async () => {
    answers = [{ types: ["A"] }, {}];
    const connection = yandexConnection({ ...settings(), dataLogging: false });
    expect(grpcChannel(connection)).toBe(grpcChannel(connection));
    expect(await grpcChannel(connection).call(read)).toEqual({ types: ["A"] });
    expect(await grpcChannel(connection).call(read)).toEqual({ types: [] });
    const sent = asked[0]?.metadata.getMap();
    expect(sent).toMatchObject({ authorization: "Api-Key AQVNsecret-of-nobody", "x-data-logging-enabled": "false" });
    expect(sent?.["x-client-request-id"]).toMatch(/^[\w-]{36}$/);
    expect(sent).not.toHaveProperty("x-folder-id");
  });

  it("turns every status into an error with the next step, without the key in it", async () => {
    const metadata = new grpc.Metadata();
    metadata.set("x-request-id", "req-1");
    metadata.set("x-server-trace-id", "trace-1");
    const told = async (code: number, details: string) => {
      answers = [{ code, details, metadata }];
      const error = await failureOf(grpcChannel(connect()).call(write));
      expect(error.advice).not.toContain("secret-of-nobody");
      return { code: error.code, status: error.status, requestId: error.requestId, advice: error.advice };
    };
    expect(await told(5, "no dataset")).toMatchObject({ code: "not-found", status: 404, requestId: "req-1" });
    expect((await told(7, "denied")).advice).toContain("ai.datasets.editor");
    expect(await told(16, "Unknown api key AQVNsecret-of-nobody")).toMatchObject({ code: "unauthorized", status: 401 });
    expect(await told(9, "DRAFT")).toMatchObject({ code: "rejected", status: 400 });
    expect(await told(12, "")).toMatchObject({ code: "unsupported", status: 501 });
    const mismatch = "Specified folder ID 'b1ga' does not match with service account folder ID 'b1gb'";
    expect((await told(3, mismatch)).advice).toContain("Set folderId");
    const quota = "ai.tuningTasksPerHour.rate rate quota limit exceed: allowed 3 requests";
    answers = [1, 2, 3].map(() => ({ code: 8, details: quota }));
    const used = await failureOf(grpcChannel(connect()).call(write));
    expect(used).toMatchObject({ code: "rate-limited", status: 429 });
    expect(used.advice).toContain("3 requests per hour");
  });

  it("asks again where that is safe: reads, and writes that were refused for a quota", async () => {
    const busy = { code: 14, details: "busy" };
    answers = [busy, busy, { types: ["A"] }];
    expect(await grpcChannel(connect()).call(read)).toEqual({ types: ["A"] });
    answers = [{ code: 13, details: "broken" }, { code: 10, details: "try again" }, { types: ["B"] }];
    expect(await grpcChannel(connect()).call(read)).toEqual({ types: ["B"] });
    answers = [{ code: 8, details: "quota" }, {}];
    await grpcChannel(connect()).call(write);
    const keys = asked.slice(-2).map(({ metadata }) => metadata.get("idempotency-key")[0]);
    expect(keys[0]).toBeDefined();
    expect(keys[0]).toBe(keys[1]);
  });

  it("leaves it to the caller where a write may have been accepted", async () => {
    answers = [{ code: 14, details: "gone" }, {}];
    const error = await failureOf(grpcChannel(connect()).call(write));
    expect(asked).toHaveLength(1);
    expect(error).toMatchObject({ code: "unavailable", isRetryable: false });
    expect(error.hint).toContain("not known");
  });

  it("renews credentials once when the service does not accept them any more", async () => {
    let issued = 0;
    const credentials = { authorization: () => `Bearer token-${issued}`, refused: () => ++issued > 0 };
    const connection: YandexConnection = { ...connect(), credentials };
    answers = [{ code: 16, details: "expired" }, { types: [] }];
    await grpcChannel(connection).call(read);
    expect(asked.map(({ metadata }) => metadata.get("authorization")[0])).toEqual(["Bearer token-0", "Bearer token-1"]);
    answers = [
      { code: 16, details: "expired" },
      { code: 16, details: "expired" },
    ];
    expect(await failureOf(grpcChannel(connection).call(read))).toMatchObject({ code: "unauthorized" });
    expect(asked).toHaveLength(4);
  });

  it("gives up at once when it is aborted", async () => {
    hangs = true;
    const stop = new AbortController();
    const failure = failureOf(grpcChannel(connect()).call({ ...read, signal: stop.signal }));
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    stop.abort("enough");
    expect(await failure).toBe("enough");
  });

  it("gives up at once while it waits for a token, too", async () => {
    const stop = new AbortController();
    const authorization = () => {
      queueMicrotask(() => stop.abort("enough"));
      return new Promise<string>(() => {});
    };
    const credentials = { authorization, refused: () => false };
    const failure = failureOf(grpcChannel({ ...connect(), credentials }).call({ ...read, signal: stop.signal }));
    expect(await failure).toBe("enough");
    expect(asked).toEqual([]);
  });

  it("says which field of a request cannot be, before anything is sent", async () => {
    const wrong = (request: object) => failureOf(grpcChannel(connect()).call({ ...write, request: { ...request } }));
    expect((await wrong({ datasetID: "x" })).message).toMatch(/datasetID is not known; there are datasetId/);
    expect((await wrong({ datasetId: 5 })).message).toContain("datasetId has to be a text");
    expect(asked).toEqual([]);
  });

  it("tells that nothing answers at the address, and that gRPC was closed", async () => {
    const away = yandexConnection({ ...settings(), endpoints: { grpc: "http://127.0.0.1:9" }, retry: { retries: 0 } });
    const error = await failureOf(grpcChannel(away).call(write));
    expect(error).toMatchObject({ code: "unavailable", isRetryable: true });
    expect(error.message).toBe("The connection to http://127.0.0.1:9 failed: connect ECONNREFUSED 127.0.0.1:9.");
    expect(error.advice).toContain("gRPC without TLS at http://127.0.0.1:9");
    const connection = connect();
    await grpcChannel(connection).call(read);
    closeGrpc(connection);
    await grpcChannel(connection).call(read);
  });

  it("goes on with what is under way when it is closed, until its signal ends it", async () => {
    const connection = connect();
    hangs = true;
    const stop = new AbortController();
    let isOver = false;
    const failure = failureOf(grpcChannel(connection).call({ ...read, signal: stop.signal })).finally(() => {
      isOver = true;
    });
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    closeGrpc(connection);
    hangs = false;
    await grpcChannel(connection).call(read);
    expect(isOver).toBe(false);
    stop.abort("enough");
    expect(await failure).toBe("enough");
  });

  it("keeps no process alive, and is not loaded before it is used", async () => {
    const script = `
      import { createRequire } from "node:module";
      import { yandexConnection } from "@beseda/providers/yandex";
      import { yandexDatasets } from "@beseda/providers/yandex/grpc";
      const { cache } = createRequire(import.meta.url);
      const isLoaded = () => Object.keys(cache).some((path) => path.includes("grpc-js"));
      const endpoints = { grpc: "http://127.0.0.1:${port}" };
      const connection = yandexConnection({ apiKey: "AQVNsecret-of-nobody", folderId: "b1gfolder", endpoints });
      const datasets = yandexDatasets({ connection });
      console.log(isLoaded());
      await datasets.types();
      console.log(isLoaded());
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "--input-type=module", "-e", script],
      {
        timeout: 20_000,
      },
    );
    expect(stdout).toBe("false\ntrue\n");
  });
});
