import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type WireRecorder, type WireRecorderOptions, wireRecorder } from "./wire-recorder.ts";

let folder: string;
let file: string;
let closings: (() => Promise<unknown>)[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "wire-"));
  file = join(folder, "tape.jsonl");
  closings = [];
});
afterEach(async () => {
  for (const close of closings.reverse()) await close();
  rmSync(folder, { recursive: true });
});

/** A service that answers each request by this; gives its base URL, and closes itself when asked. */
async function serviceOf(answer: (response: ServerResponse, number: number, asked: IncomingMessage) => void) {
  let number = 0;
  const server = createServer((incoming, response) => {
    incoming.resume().on("end", () => answer(response, number++, incoming));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  closings.push(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, close };
}

async function recorderOf(upstream: string, options: Partial<WireRecorderOptions> = {}): Promise<WireRecorder> {
  const recorder = await wireRecorder({ upstream, file, ...options });
  closings.push(() => recorder.close().catch(() => {}));
  return recorder;
}

type Heard = { status: number; headers: Record<string, unknown>; pieces: Buffer[]; isWhole: boolean };

/** A client that keeps the pieces of a body apart. */
function ask(url: string, body: unknown, headers: Record<string, string> = {}, query = ""): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const request = requestHttp(`${url}/chat${query}`, { method: "POST", headers, agent: false }, (reply) => {
      const pieces: Buffer[] = [];
      reply.on("data", (piece: Buffer) => pieces.push(piece));
      reply.on("error", () => {});
      reply.on("close", () => {
        const { statusCode: status = 0, headers } = reply;
        resolve({ status, headers, pieces, isWhole: reply.complete });
      });
    });
    request.on("error", reject);
    request.end(typeof body === "string" ? body : JSON.stringify(body));
  });
}

const textOf = ({ pieces }: Heard) => Buffer.concat(pieces).toString();

/** Each piece goes out by itself, since the one before has been heard of. */
async function inPieces(response: ServerResponse, pieces: readonly (string | Buffer)[]) {
  for (const piece of pieces) {
    await new Promise((resolve) => response.write(piece, resolve));
    await new Promise(setImmediate);
  }
}

describe("wireRecorder()", () => {
  it("gives out the same bytes, cut as they were, when the service is gone", async () => {
    const euro = Buffer.from("€");
    const service = await serviceOf(async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream", "x-request-id": "r1", "set-cookie": "a=b" });
      await inPieces(response, [
        "data: a\n\n",
        "data: ",
        euro.subarray(0, 1),
        euro.subarray(1),
        Buffer.from([0xff, 0]),
      ]);
      response.end();
    });
    const recorder = await recorderOf(service.url);
    expect(recorder).toMatchObject({ mode: "record", url: expect.stringMatching(/\/v1$/) });
    const first = await ask(recorder.url, { model: "m" });
    await recorder.close();
    await service.close();
    const replay = await recorderOf(service.url);
    expect(replay.mode).toBe("replay");
    const second = await ask(replay.url, { model: "m" });
    expect(second.pieces).toEqual(first.pieces);
    expect(second.status).toBe(200);
    expect(second.headers).toMatchObject({ "content-type": "text/event-stream", "x-request-id": "r1" });
    expect(second.headers).not.toHaveProperty("set-cookie");
    expect(replay.misses).toEqual([]);
  });

  it("answers a miss with an error that nobody sends again, and keeps it for the test", async () => {
    const service = await serviceOf((response) => response.end("{}"));
    const recorder = await recorderOf(service.url);
    await ask(recorder.url, { model: "m", messages: [{ content: "one" }] });
    const replay = await recorderOf(service.url, { mode: "replay" });
    const miss = await ask(replay.url, { model: "m", messages: [{ content: "two" }] });
    expect(miss).toMatchObject({ status: 422, headers: { "x-should-retry": "false" } });
    const { message } = JSON.parse(textOf(miss)).error;
    expect(message).toContain('body.messages[0].content: recorded "one", asked "two"');
    expect(replay.misses).toEqual([message]);
  });

  it("knows a request by its method, path and body, whatever the order of its fields, and not by its headers", async () => {
    const service = await serviceOf((response, number) => response.end(String(number)));
    const recorder = await recorderOf(service.url);
    await ask(recorder.url, { a: 1, b: { c: 2, d: 3 } }, { "x-id": "1" });
    await ask(recorder.url, { a: 1, b: { c: 2, d: 3 } });
    await ask(`${recorder.url}/other`, { a: 1, b: { c: 2, d: 3 } });
    await ask(recorder.url, "no JSON");
    const replay = await recorderOf(service.url, { mode: "replay" });
    expect(textOf(await ask(`${replay.url}/other`, { a: 1, b: { c: 2, d: 3 } }))).toBe("2");
    expect(textOf(await ask(replay.url, '{"b": {"d":3, "c":2}, "a":1}', { "x-id": "2" }))).toBe("0");
    expect(textOf(await ask(replay.url, { a: 1, b: { c: 2, d: 3 } }))).toBe("1");
    expect(textOf(await ask(replay.url, "no JSON"))).toBe("3");
    expect((await ask(replay.url, "no JSON")).status).toBe(422);
    expect(replay.misses).toEqual([expect.stringContaining("it was recorded once, and is asked once more")]);
  });

  it("compares what the user's own normalize leaves", async () => {
    const normalize: WireRecorderOptions["normalize"] = (request) => ({ ...request, body: "whatever" });
    const service = await serviceOf((response) => response.end("yes"));
    await ask((await recorderOf(service.url, { normalize })).url, { date: "Monday" });
    const replay = await recorderOf(service.url, { mode: "replay", normalize });
    expect(textOf(await ask(replay.url, { date: "Tuesday" }))).toBe("yes");
  });

  it("leaves no secret in the file: not of headers, addresses, bodies or replies, and not across a cut", async () => {
    const key = "my-canary-of-no-known-shape";
    const known = `sk-${"canary0123456789"}`;
    const service = await serviceOf(async (response) => {
      response.writeHead(401, { "content-type": "application/json", "x-echo": key, "set-cookie": `session=${known}` });
      await inPieces(response, [
        '{"error":"Incorrect API key: my-can',
        `ary-of-no-known-shape","password":"`,
        `${known}"}`,
      ]);
      response.end();
    });
    const recorder = await recorderOf(service.url);
    const headers = {
      authorization: `Bearer ${key}`,
      "x-api-key": key,
      cookie: `session=${known}`,
      "openai-organization": "org-1",
    };
    const first = await ask(recorder.url, { prompt: `My key is ${known}`, api_key: "canary" }, headers);
    expect(textOf(first)).toContain(key);
    const content = readFileSync(file, "utf8");
    expect(content).not.toContain("canary");
    expect(content).not.toContain("session");
    const replay = await recorderOf(service.url, { mode: "replay" });
    const second = await ask(replay.url, { prompt: `My key is ${known}`, api_key: "canary" }, headers);
    expect(second.pieces.map(({ length }) => length)).toEqual(first.pieces.map(({ length }) => length));
    expect(textOf(second)).toBe(textOf(first).replaceAll(key, "*".repeat(27)).replaceAll(known, "*".repeat(19)));
  });

  it("takes no word of a service's address or of a dummy key for a secret, but for what stands behind key=", async () => {
    const service = await serviceOf((response, _number, asked) => response.end(`ollama heard ${asked.url}`));
    const recorder = await recorderOf(service.url);
    const query = "?key=0123456789&alt=sse";
    const first = await ask(`${recorder.url}/ollama`, "{}", { authorization: "Bearer ollama" }, query);
    expect(textOf(first)).toBe(`ollama heard /v1/ollama/chat${query}`);
    expect(readFileSync(file, "utf8")).toContain("/v1/ollama/chat?key=**********&alt=sse");
    expect(readFileSync(file, "utf8")).not.toContain("0123456789");
    const replay = await recorderOf(service.url, { mode: "replay" });
    const second = await ask(`${replay.url}/ollama`, "{}", { authorization: "Bearer other" }, query);
    expect(textOf(second)).toBe("ollama heard /v1/ollama/chat?key=**********&alt=sse");
  });

  it("passes a request on as it came, but for its host and for compression", async () => {
    const service = await serviceOf((response, _number, { method, headers }) => {
      response.end(JSON.stringify({ method, ...headers }));
    });
    const recorder = await recorderOf(service.url);
    const heard = await ask(recorder.url, "{}", { "x-id": "7", "accept-encoding": "gzip", authorization: "Bearer k" });
    expect(JSON.parse(textOf(heard))).toMatchObject({
      method: "POST",
      host: new URL(service.url).host,
      "accept-encoding": "identity",
      authorization: "Bearer k",
      "x-id": "7",
      "content-length": "2",
    });
  });

  it("loses nothing of a long reply", async () => {
    const body = Buffer.alloc(8 * 1024 * 1024, "all of it ");
    const service = await serviceOf((response) => response.end(body));
    const recorder = await recorderOf(service.url);
    const sum = (heard: Heard) => Buffer.concat(heard.pieces).equals(body);
    expect(sum(await ask(recorder.url, {}))).toBe(true);
    expect(sum(await ask((await recorderOf(service.url, { mode: "replay" })).url, {}))).toBe(true);
  });

  it("takes its time only where it is asked to, and no longer than the client stays", async () => {
    const service = await serviceOf((response) => response.end("yes"));
    await ask((await recorderOf(service.url)).url, {});
    writeFileSync(file, readFileSync(file, "utf8").replace(/"at":\d+/, '"at":3600000'));
    expect(textOf(await ask((await recorderOf(service.url, { mode: "replay" })).url, {}))).toBe("yes");
    const paced = await recorderOf(service.url, { mode: "replay", timing: "recorded" });
    await new Promise<void>((resolve, reject) => {
      const request = requestHttp(`${paced.url}/chat`, { method: "POST", agent: false }, (reply) => {
        reply.on("data", () => reject(new Error("too early")));
        reply.on("error", () => {});
        // By the time that another has been answered, this one would have been too.
        ask(paced.url, "another").then(() => {
          request.destroy();
          resolve();
        });
      });
      request.on("error", () => {});
      request.end("{}");
    });
    // which waits for the reply to have been given up
    await paced.close();
  });

  it("breaks off where the service broke off", async () => {
    const service = await serviceOf(async (response) => {
      await inPieces(response, ["half of "]);
      response.destroy();
    });
    const recorder = await recorderOf(service.url);
    const first = await ask(recorder.url, {});
    const second = await ask((await recorderOf(service.url, { mode: "replay" })).url, {});
    for (const heard of [first, second]) {
      expect(heard.isWhole).toBe(false);
      expect(textOf(heard)).toBe("half of ");
    }
  });

  it("keeps what came until the client left, and lets go of the service", async () => {
    let hungUp: () => void = () => {};
    const gone = new Promise<void>((resolve) => {
      hungUp = resolve;
    });
    const service = await serviceOf((response) => {
      response.on("close", hungUp);
      response.write("and so ");
    });
    const recorder = await recorderOf(service.url);
    await new Promise<void>((resolve) => {
      const request = requestHttp(`${recorder.url}/chat`, { method: "POST", agent: false }, (reply) => {
        reply.once("data", () => {
          request.destroy();
          resolve();
        });
        reply.on("error", () => {});
      });
      request.on("error", () => {});
      request.end("{}");
    });
    await gone;
    await recorder.close();
    expect(readFileSync(file, "utf8")).toContain('"text":"and so "');
  });

  it("does not keep that a service could not be reached", async () => {
    const service = await serviceOf(() => {});
    await service.close();
    const recorder = await recorderOf(service.url);
    const heard = await ask(recorder.url, {});
    expect(heard.status).toBe(502);
    expect(textOf(heard)).toContain("cannot be reached (ECONNREFUSED)");
    await recorder.close();
    await expect(recorderOf(service.url, { mode: "replay" })).rejects.toThrow("There is no recording");
  });

  it("refuses to keep what is compressed, since nobody could see the secrets in it", async () => {
    const service = await serviceOf((response) => {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end("…");
    });
    const heard = await ask((await recorderOf(service.url)).url, {});
    expect(heard.status).toBe(502);
    expect(textOf(heard)).toContain("compressed");
  });

  it("says so when somebody else wrote to its file", async () => {
    const service = await serviceOf((response) => response.end("yes"));
    const recorder = await recorderOf(service.url, { mode: "record" });
    writeFileSync(file, "mine");
    await ask(recorder.url, {});
    await expect(recorder.close()).rejects.toMatchObject({ code: "locked" });
    expect(readFileSync(file, "utf8")).toBe("mine");
    await recorder.close();
  });

  it("refuses an upstream that is no address", async () => {
    await expect(recorderOf("api.openai.com")).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
