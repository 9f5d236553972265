import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BesedaError } from "../errors.ts";
import { postFile } from "./post-file.ts";
import { download } from "./transfer.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-post-file-"));
const path = join(folder, "rows");
const content = '{"a":1}\n'.repeat(100_000);
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => answer(request, response));
let origin: string;

beforeAll(async () => {
  writeFileSync(path, content);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const headers = { authorization: "Bearer sk-secret-key" };

function post(size = content.length): Promise<unknown> {
  const file = { path, size, name: 'the "rows".jsonl', mediaType: "application/jsonl" };
  return postFile(`${origin}/files?v=1`, { headers, fields: { purpose: "batch" }, file });
}

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

/** Node's own reader of forms, which others have written. */
async function formOf(request: IncomingMessage): Promise<FormData> {
  const reads: Buffer[] = [];
  for await (const read of request) reads.push(read);
  const body = Buffer.concat(reads);
  expect(request.headers["content-length"]).toBe(`${body.length}`);
  return new Response(body, { headers: { "content-type": request.headers["content-type"] ?? "" } }).formData();
}

describe("a file that is posted", () => {
  it("is a form of known length with its fields before it, and goes with the credentials", async () => {
    let form: FormData | undefined;
    let request: IncomingMessage | undefined;
    answer = async (incoming, response) => {
      request = incoming;
      form = await formOf(incoming);
      response.writeHead(200).end('{"id":"file-1"}');
    };
    expect(await post()).toEqual({ id: "file-1" });
    expect([request?.method, request?.url, request?.headers.authorization]).toEqual([
      "POST",
      "/files?v=1",
      headers.authorization,
    ]);
    expect([...(form?.keys() ?? [])]).toEqual(["purpose", "file"]);
    expect(form?.get("purpose")).toBe("batch");
    const file = form?.get("file") as File;
    expect([file.name, file.type]).toEqual(['the "rows".jsonl', "application/jsonl"]);
    expect(await file.text()).toBe(content);
  });

  it("is refused in the words of the service, without the key", async () => {
    answer = (request, response) => {
      request.resume();
      const message = "the key sk-secret-key may not do this";
      response.writeHead(403, { "x-request-id": "r1" }).end(JSON.stringify({ error: { message } }));
    };
    const error = await failureOf(post());
    expect(error).toMatchObject({ code: "unauthorized", status: 403, requestId: "r1" });
    expect(error.message).toContain("the key *** may not do this");
    expect(error.hint).toContain("API key");
  });

  it("keeps the key out of what is told of a reply that repeats it", async () => {
    for (const body of ["<p>Bearer sk-secret-key</p>", '{"error":{"message":"not with sk-secret-key"}}']) {
      answer = (request, response) => {
        request.resume();
        response.end(body);
      };
      const { message } = await failureOf(post());
      expect(message).toContain("***");
      expect(message).not.toContain("sk-secret");
    }
  });

  it("may be empty", async () => {
    let form: FormData | undefined;
    answer = async (incoming, response) => {
      form = await formOf(incoming);
      response.end("{}");
    };
    const empty = join(folder, "empty");
    writeFileSync(empty, "");
    const file = { path: empty, size: 0, name: "empty", mediaType: "text/plain" };
    await postFile(origin, { fields: {}, file });
    const sent = form?.get("file") as File | undefined;
    expect(sent?.size).toBe(0);
  });

  it("is an error where the reply is none, or the file has become shorter", async () => {
    answer = (request, response) => {
      request.resume();
      response.end("<h1>Sign in</h1>");
    };
    expect(await failureOf(post())).toMatchObject({ code: "bad-response" });
    answer = (request, response) => {
      request.resume();
      response.end('{"error":{"message":"no room","code":"server_error"}}');
    };
    expect(await failureOf(post())).toMatchObject({ code: "unavailable", message: expect.stringContaining("no room") });
    answer = (request) => request.resume();
    const shorter = await failureOf(post(content.length + 1));
    expect(shorter).toMatchObject({ code: "invalid-argument", message: expect.stringContaining("changed") });
  });
});

it("a download from a service goes with the credentials, and tells what the service says", async () => {
  answer = (request, response) => {
    if (request.headers.authorization === headers.authorization) response.end("content");
  };
  const reads: Buffer[] = [];
  for await (const read of download(`${origin}/content`, { headers })) reads.push(read);
  expect(Buffer.concat(reads).toString()).toBe("content");
  answer = (_request, response) => {
    response.writeHead(404).end(JSON.stringify({ error: { message: "No such file: sk-secret-key" } }));
  };
  const error = await failureOf(download(`${origin}/content`, { headers }).next());
  expect(error).toMatchObject({ code: "not-found", message: `${origin} answered 404: No such file: ***` });
});
