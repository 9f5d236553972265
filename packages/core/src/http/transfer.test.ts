import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BesedaError } from "../errors.ts";
import { download, upload } from "./transfer.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-transfer-"));
let answer: (request: IncomingMessage, response: ServerResponse) => void;
const server = createServer((request, response) => answer(request, response));
let origin: string;

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

const signature = "0123456789abcdef0123456789abcdef";
const signed = (path: string) => `${origin}${path}?X-Amz-Expires=86400&X-Amz-Signature=${signature}`;

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function failureOf(promise: Promise<unknown>): Promise<BesedaError> {
  return (await promise.then(
    () => undefined,
    (error: unknown) => error,
  )) as BesedaError;
}

describe("upload", () => {
  it("puts a range of a file with its exact length, and no credentials", async () => {
    const file = join(folder, "rows");
    const bytes = Buffer.alloc(700_000, "0123456789");
    writeFileSync(file, bytes);
    const got: { method?: string | undefined; headers?: IncomingMessage["headers"]; body?: Buffer } = {};
    answer = async (request, response) => {
      Object.assign(got, { method: request.method, headers: request.headers, body: await bodyOf(request) });
      response.writeHead(200, { etag: '"a1"' }).end();
    };
    const headers = await upload(signed("/bucket/rows"), {
      source: { file, start: 5, end: 600_005 },
      size: 600_000,
    });
    expect(headers.etag).toBe('"a1"');
    expect(got.method).toBe("PUT");
    expect(got.headers).toMatchObject({ "content-length": "600000" });
    expect(got.headers).not.toHaveProperty("authorization");
    expect(got.headers).not.toHaveProperty("transfer-encoding");
    expect(got.body?.equals(bytes.subarray(5, 600_005))).toBe(true);
  });

  it("refuses a source of another size before anything is sent, and a file that has become shorter", async () => {
    answer = () => expect.unreachable();
    const other = await failureOf(upload(signed("/"), { source: Buffer.from("four"), size: 5 }));
    expect(other).toMatchObject({ code: "invalid-argument", message: expect.stringMatching(/4 bytes.*5/) });
    const file = join(folder, "short");
    writeFileSync(file, "ten bytes!");
    answer = (request) => request.resume();
    const shorter = await failureOf(upload(signed("/"), { source: { file, start: 0, end: 20 }, size: 20 }));
    expect(shorter).toMatchObject({ code: "invalid-argument", message: expect.stringContaining("changed") });
  });

  it("says what the store refused, and nothing of the signature", async () => {
    answer = (request, response) => {
      request.resume();
      response.writeHead(403, { "content-type": "application/xml", location: signed("/x") });
      response.end(
        `<Error><Code>AccessDenied</Code><Message>Request ${signature} has expired</Message><SignatureProvided>${signature}</SignatureProvided></Error>`,
      );
    };
    const error = await failureOf(upload(signed("/"), { source: Buffer.from("a"), size: 1 }));
    expect(error).toMatchObject({
      code: "unauthorized",
      status: 403,
      message: `${origin} answered 403: AccessDenied: Request *** has expired`,
    });
    expect(error.advice).toContain("a new one");
    expect(`${error.advice}${error.stack}${JSON.stringify(error)}`).not.toContain(signature);
  });

  it("gives up where no byte moves, and when it is aborted", async () => {
    answer = (request) => request.resume();
    const still = await failureOf(upload(signed("/"), { source: Buffer.from("a"), size: 1, idleMs: 30 }));
    expect(still).toMatchObject({ code: "timeout", isRetryable: true });
    const stop = new AbortController();
    answer = () => stop.abort("enough");
    const source = Buffer.alloc(10);
    expect(await failureOf(upload(signed("/"), { source, size: 10, signal: stop.signal }))).toBe("enough");
  });
});

describe("download", () => {
  it("gives the bytes as they come, however many, and reads no faster than they are taken", async () => {
    const size = 48 * 1024 * 1024;
    const piece = Buffer.alloc(1024 * 1024, 7);
    let sent = 0;
    answer = (_request, response) => {
      response.writeHead(200, { "content-length": size });
      const more = () => {
        while (sent < size) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once("drain", more);
            return;
          }
        }
        response.end();
      };
      more();
    };
    let received = 0;
    let sentWhileStill = 0;
    for await (const bytes of download(signed("/big"))) {
      if (received === 0) {
        // What is left to flow fills the buffers in between and stops there.
        for (let before = -1, still = 0; still < 5; still = before === sent ? still + 1 : 0) {
          before = sent;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        sentWhileStill = sent;
      }
      received += bytes.length;
    }
    expect(received).toBe(size);
    expect(sentWhileStill).toBeLessThan(size);
  });

  it("tells a reply that ends too early from one that is whole", async () => {
    answer = (_request, response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("only this", () => response.destroy());
    };
    const read = async () => {
      for await (const _bytes of download(signed("/cut"))) {
        // Only the end is of interest.
      }
    };
    expect(await failureOf(read())).toMatchObject({ code: "unavailable", isRetryable: true });
  });

  it("closes the connection of whoever leaves", async () => {
    const closed = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        response.on("close", resolve);
        response.write("first");
      };
    });
    for await (const bytes of download(signed("/left"))) {
      expect(bytes.toString()).toBe("first");
      break;
    }
    await closed;
  });

  it("ends though its end had come while nobody read", async () => {
    // A reader is held up at about 1 MB; the socket has a little more in hand then, at some of these sizes all that is left.
    for (let length = 1_050_000; length < 1_300_000; length += 10_000) {
      let isSent = () => {};
      const sent = new Promise<void>((resolve) => {
        isSent = resolve;
      });
      answer = (_request, response) => response.writeHead(200).end(Buffer.alloc(length), isSent);
      let size = 0;
      for await (const bytes of download(signed("/"))) {
        if (size === 0) await sent;
        size += bytes.length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(size).toBe(length);
    }
  });
});
