import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { requestJson } from "./event-stream.ts";
import { post } from "./request.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a request to a server that answers so throws. */
async function failureOf(status: number, body: string, headers: Record<string, string> = {}): Promise<unknown> {
  const url = await listen((_request, response) => response.writeHead(status, headers).end(body));
  const request = { url: `${url}/v1/chat`, body: "{}", headers: { authorization: "Bearer sk-very-secret" } };
  return requestJson({ ...request, retry: { retries: 0 } }).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("an error status", () => {
  it.each([
    [401, "unauthorized", false],
    [403, "unauthorized", false],
    [404, "not-found", false],
    [400, "rejected", false],
    [413, "too-large", false],
    [422, "rejected", false],
    [302, "bad-response", false],
    [408, "unavailable", true],
    [409, "unavailable", true],
    [429, "rate-limited", true],
    [500, "unavailable", true],
    [501, "unsupported", false],
    [503, "unavailable", true],
    [529, "unavailable", true],
  ])("%i is %s, worth a retry: %s", async (status, code, isRetryable) => {
    expect(await failureOf(status, "{}")).toMatchObject({ code, isRetryable, status });
  });

  it.each([
    '{"error":{"message":"too many tokens","type":"invalid_request_error","code":"context_length_exceeded"}}',
    `{"error":{"message":"This model's maximum context length is 4096 tokens.","type":"BadRequestError","code":400}}`,
    '{"error":{"message":"exceeded","type":"exceed_context_size_error","n_ctx":4096}}',
    '{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens"}}',
  ])("tells what is too long for the model from what is wrong: %s", async (body) => {
    expect(await failureOf(400, body)).toMatchObject({ code: "too-large", isRetryable: false });
    // in other statuses it is only talk
    expect(await failureOf(401, body)).toMatchObject({ code: "unauthorized" });
    expect(await failureOf(200, body)).toMatchObject({ code: "too-large" });
  });

  it.each([
    ['{"error":{"message":"said so","code":"x","type":"y"}}', "said so"],
    ['{"error":"said so"}', "said so"],
    ['{"message":"said so"}', "said so"],
    ['{"detail":"said so"}', "said so"],
    ['{"detail":[{"loc":["body"],"msg":"missing"}]}', '"msg":"missing"'],
    ['{"error":{"grpcCode":8,"httpCode":429,"message":"said so","details":[]}}', "said so"],
    ['{"code":16,"message":"said so","details":[]}', "said so"],
    [`<html>\n<h1>said so</h1>${"x".repeat(500)}`, `<h1>said so</h1>${"x".repeat(177)}…`],
    ["null", "answered 400: null"],
    ["", "answered 400."],
  ])("says what the service said in %s", async (body, text) => {
    expect(await failureOf(400, body)).toMatchObject({ message: expect.stringContaining(text) });
  });

  it("carries the wait that was asked for, in words too, and the service's id of the request", async () => {
    const headers = { "retry-after": "3600", "x-server-trace-id": "trace-7" };
    expect(await failureOf(429, "{}", headers)).toMatchObject({
      retryAfterMs: 3_600_000,
      requestId: "trace-7",
      hint: "The service asks to wait 3600 s.",
    });
  });

  it("of a used-up quota is not worth a retry, and neither is one that the service says is not", async () => {
    const usedUp = '{"error":{"message":"no money","code":"insufficient_quota"}}';
    expect(await failureOf(429, usedUp)).toMatchObject({ code: "rate-limited", isRetryable: false });
    expect(await failureOf(500, "{}", { "x-should-retry": "false" })).toMatchObject({ isRetryable: false });
  });

  it("never repeats the key, wherever the service repeats it", async () => {
    for (const body of ['{"error":{"message":"bad key sk-very-secret"}}', "<p>Bearer sk-very-secret</p>"]) {
      for (const status of [200, 401]) {
        const error = await failureOf(status, body);
        expect(error).toMatchObject({ message: expect.stringContaining("***") });
        expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("very-secret");
      }
    }
  });
});

describe("a request", () => {
  it("that is sent elsewhere does not go there with the key, and names the address", async () => {
    const headers = { location: "https://elsewhere.example/v1" };
    const hint = "It points to https://elsewhere.example/v1: use that address.";
    expect(await failureOf(301, "", headers)).toMatchObject({ code: "bad-response", hint });
  });

  it("is a GET without a body and a POST with one, and asks for no compression", async () => {
    const url = await listen(({ method, headers }, response) => {
      response.end(JSON.stringify([method, headers["content-type"], headers["accept-encoding"]]));
    });
    expect(await requestJson({ url })).toEqual(["GET", null, null]);
    expect(await requestJson({ url, body: "{}" })).toEqual(["POST", "application/json", null]);
  });

  it("to nobody says where it went and asks whether a server is running there", async () => {
    const url = await listen(() => {});
    servers.splice(0).map((server) => server.close());
    await expect(post(`${url}/v1`, {}, () => {})).rejects.toMatchObject({
      code: "unavailable",
      isRetryable: true,
      hint: `Is a server running at ${url}, and can it be reached from here?`,
    });
  });

  it("with a character in the key that HTTP does not allow is refused without showing the key", async () => {
    const sent = post("http://127.0.0.1:1", { headers: { authorization: "Bearer ключ" } }, () => {});
    await expect(sent).rejects.toMatchObject({
      code: "invalid-argument",
      message: expect.not.stringContaining("ключ"),
    });
  });

  it("to something that does not speak HTTP is a bad response", async () => {
    const server = createTcpServer((socket: Socket) => socket.end("SSH-2.0-OpenSSH_9.6\r\n"));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(post(url, {}, () => {})).rejects.toMatchObject({ code: "bad-response" });
    server.close();
  });

  it("stopped before the headers or in the middle throws the reason, and the server sees the socket close", async () => {
    for (const sendsHeaders of [false, true]) {
      let closed: Promise<unknown> = Promise.resolve();
      const arrived = withResolvers();
      const url = await listen((_request, response) => {
        closed = once(response, "close");
        if (sendsHeaders) response.write("some");
        arrived.resolve(undefined);
      });
      const controller = new AbortController();
      const outcome = requestJson({ url, signal: controller.signal }).catch((reason: unknown) => reason);
      await arrived.promise;
      controller.abort("enough");
      expect(await outcome).toBe("enough");
      await closed;
    }
  });

  it("aborted beforehand is never sent", async () => {
    await expect(post("http://127.0.0.1:1", { signal: AbortSignal.abort("no") }, () => {})).rejects.toBe("no");
  });

  it("whose reply breaks off, or is shorter than promised, fails", async () => {
    const url = await listen((_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      response.socket?.destroySoon();
    });
    const failure = { code: "unavailable", message: expect.stringContaining("in the middle of the reply") };
    await expect(requestJson({ url, retry: { retries: 0 } })).rejects.toMatchObject(failure);
  });

  it("gives up a reply above 32 MB and closes the socket", async () => {
    const block = Buffer.alloc(1024 * 1024, " ");
    let closed: Promise<unknown> = Promise.resolve();
    const url = await listen((_request, response) => {
      closed = once(response, "close");
      const fill = () => {
        while (response.write(block));
      };
      response.on("drain", fill);
      fill();
    });
    await expect(requestJson({ url })).rejects.toMatchObject({ code: "too-large" });
    await closed;
  });

  it("gives up at another length where it says so", async () => {
    const url = await listen((_request, response) => response.end(JSON.stringify("x".repeat(1_000))));
    expect(await requestJson({ url, mostBytes: 1_002 })).toHaveLength(1_000);
    await expect(requestJson({ url, mostBytes: 1_001 })).rejects.toMatchObject({ code: "too-large" });
  });

  it("refuses a compressed reply instead of reading noise", async () => {
    expect(await failureOf(200, "\x1f\x8b\x08", { "content-encoding": "gzip" })).toMatchObject({
      code: "bad-response",
    });
  });

  it("for JSON that gets a page instead shows the status and the beginning of the page", async () => {
    const error = await failureOf(200, `<!doctype html><title>Login</title>${"x".repeat(900)}`, {
      "content-type": "text/html",
    });
    expect(error).toMatchObject({ code: "bad-response", status: 200 });
    expect((error as Error).message).toMatch(
      /answered 200 with something else \(text\/html\): <!doctype html>.{185}…$/,
    );
  });
});

function withResolvers() {
  let resolve!: (value: unknown) => void;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
