import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, expect, it, vi } from "vitest";
import { BesedaError } from "../errors.ts";
import { redirectTarget } from "./safe-address.ts";
import { type SafeFetchOptions, safeFetch } from "./safe-fetch.ts";

const servers: Server[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

type Listener = { port: number; requests: IncomingMessage[]; connections: () => number };

async function listen(answer: RequestListener): Promise<Listener> {
  const requests: IncomingMessage[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  server.on("connection", () => connections++);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as AddressInfo).port, requests, connections: () => connections };
}

const loopback = async () => [{ address: "127.0.0.1", family: 4 }];

function get(url: string, options: Partial<SafeFetchOptions> = {}) {
  return safeFetch(url, {
    allowAddress: (ip) => ip === "127.0.0.1",
    allowType: (type) => type === "text/plain",
    lookup: loopback,
    ports: [Number(new URL(url).port)],
    ...options,
  });
}

/** The error, which has to be ours. */
async function refused(promise: Promise<unknown>): Promise<BesedaError> {
  const outcome = await promise.then(
    () => new Error("it was not refused"),
    (error) => error,
  );
  expect(outcome).toBeInstanceOf(BesedaError);
  return outcome as BesedaError;
}

const plain = { "content-type": "text/plain" };

it("gives the body, the content type and the address that answered", async () => {
  const { port } = await listen((request, response) => {
    if (request.url === "/old") response.writeHead(301, { location: "/new" }).end();
    else response.writeHead(200, { "content-type": "text/plain; charset=utf-8" }).end(request.url);
  });
  const { url, contentType, body } = await get(`http://site.test:${port}/old#part`);
  expect({ url, contentType, text: Buffer.from(body).toString() }).toEqual({
    url: `http://site.test:${port}/new`,
    contentType: "text/plain; charset=utf-8",
    text: "/new",
  });
});

it("resolves a name once and connects to what was checked, so DNS that flips after the check gains nothing", async () => {
  const { port, connections } = await listen((_, response) => response.writeHead(200, plain).end("ok"));
  const lookup = vi
    .fn()
    .mockResolvedValueOnce([{ address: "127.0.0.1", family: 4 }])
    .mockResolvedValue([{ address: "127.0.0.2", family: 4 }]);
  await get(`http://flip.test:${port}/`, { lookup });
  expect(lookup).toHaveBeenCalledTimes(1);
  expect(connections()).toBe(1);
  const error = await refused(get(`http://flip.test:${port}/`, { lookup }));
  expect(error.message).toContain("flip.test is not a public address");
});

it.each([
  [
    "one private address among public ones",
    [
      { address: "127.0.0.1", family: 4 },
      { address: "127.0.0.2", family: 4 },
    ],
  ],
  [
    "a private AAAA beside a public A",
    [
      { address: "127.0.0.1", family: 4 },
      { address: "::1", family: 6 },
    ],
  ],
  ["something that is no address", [{ address: "localhost", family: 4 }]],
  ["no address", []],
])("refuses a name that resolves to %s", async (_, addresses) => {
  const { port, connections } = await listen((_, response) => response.writeHead(200, plain).end("ok"));
  await refused(get(`http://mixed.test:${port}/`, { lookup: async () => addresses }));
  expect(connections()).toBe(0);
});

it("checks an IP literal although no look-up happens for it", async () => {
  const { port, connections } = await listen((_, response) => response.writeHead(200, plain).end("ok"));
  const error = await refused(get(`http://127.0.0.1:${port}/`, { allowAddress: () => false }));
  expect(error).toMatchObject({ code: "invalid-argument" });
  expect(connections()).toBe(0);
});

it("checks every redirect anew", async () => {
  const inner = await listen((_, response) => response.writeHead(200, plain).end("secret"));
  const lookup = async (host: string) => [{ address: host === "open.test" ? "127.0.0.1" : "127.0.0.2", family: 4 }];
  for (const location of [
    `http://inner.test:${inner.port}/`,
    `http://127.0.0.2:${inner.port}/`,
    `http://user:password@open.test:${inner.port}/`,
    "http://open.test:22/",
    "file:///etc/passwd",
    "http://[",
  ]) {
    const outer = await listen((_, response) => response.writeHead(302, { location }).end());
    const error = await refused(get(`http://open.test:${outer.port}/`, { lookup, ports: [outer.port, inner.port] }));
    expect(error.code, location).toBe("invalid-argument");
  }
  expect(inner.connections()).toBe(0);
});

it("asks only the ports 80 and 443 unless told otherwise", async () => {
  const { port, connections } = await listen((_, response) => response.writeHead(200, plain).end("ok"));
  const options = { allowAddress: () => true, allowType: () => true };
  const error = await refused(safeFetch(`http://127.0.0.1:${port}/`, options));
  expect(error).toMatchObject({ code: "invalid-argument", hint: "Allowed are: 80, 443." });
  expect(connections()).toBe(0);
});

it("never follows from https to http", () => {
  const from = new URL("https://site.test/a");
  expect(() => redirectTarget(from, "http://site.test/a", [80, 443])).toThrow("redirects from https to http");
  expect(redirectTarget(from, "//other.test/b", [80, 443]).href).toBe("https://other.test/b");
});

it("gives up a redirect loop after five", async () => {
  const { port, requests } = await listen((_, response) => response.writeHead(302, { location: "/" }).end());
  const error = await refused(get(`http://loop.test:${port}/`));
  expect(error.message).toContain("redirects more than 5 times");
  expect(requests).toHaveLength(6);
});

it("keeps private headers at the first origin", async () => {
  const second = await listen((_, response) => response.writeHead(200, plain).end());
  const first = await listen((request, response) => {
    const location = request.url === "/" ? "/next" : `http://site.test:${second.port}/`;
    response.writeHead(307, { location }).end();
  });
  const headers = { Authorization: "Bearer secret", Cookie: "a=b", "x-own": "1", "User-Agent": "bot" };
  await get(`http://site.test:${first.port}/`, { headers, ports: [first.port, second.port] });
  expect(first.requests.map((request) => request.headers.authorization)).toEqual(["Bearer secret", "Bearer secret"]);
  expect(second.requests[0]?.headers).toMatchObject({ "user-agent": "bot" });
  expect(Object.keys(second.requests[0]?.headers ?? {})).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/authorization|cookie|x-own/)]),
  );
});

it("ignores proxy variables", async () => {
  const proxy = await listen((_, response) => response.writeHead(200, plain).end("proxied"));
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"]) {
    vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
  }
  const { port } = await listen((_, response) => response.writeHead(200, plain).end("direct"));
  expect(Buffer.from((await get(`http://site.test:${port}/`)).body).toString()).toBe("direct");
  expect(proxy.connections()).toBe(0);
});

it.each(["ftp://site.test/", "file:///etc/passwd", "data:text/plain,x", "javascript:1", "no url", "", "//site.test/"])(
  "refuses %j, which is no http address",
  async (address) => {
    const error = await refused(safeFetch(address, { allowAddress: () => true, allowType: () => true }));
    expect(error.code).toBe("invalid-argument");
  },
);

it("refuses a body over the cap, announced or not", async () => {
  const { port } = await listen((request, response) => {
    const body = "x".repeat(1001);
    if (request.url === "/announced") response.writeHead(200, { ...plain, "content-length": 1001 });
    else response.writeHead(200, plain).write("x");
    response.end(body.slice(request.url === "/announced" ? 0 : 1));
  });
  for (const path of ["announced", "chunked"]) {
    const error = await refused(get(`http://site.test:${port}/${path}`, { maxBytes: 1000 }));
    expect(error.code).toBe("too-large");
  }
  expect((await get(`http://site.test:${port}/`, { maxBytes: 1001 })).body).toHaveLength(1001);
});

it("stops unpacking a compressed bomb at the cap", async () => {
  const bomb = gzipSync(Buffer.alloc(20_000_000));
  const { port } = await listen((_, response) =>
    response.writeHead(200, { ...plain, "content-encoding": "gzip" }).end(bomb),
  );
  const error = await refused(get(`http://site.test:${port}/`));
  expect(error.code).toBe("too-large");
});

it("counts the compressed bytes too, which empty gzip members would make endless", async () => {
  const empty = gzipSync("");
  const { port } = await listen((_, response) => {
    response.writeHead(200, { ...plain, "content-encoding": "gzip" });
    response.end(Buffer.concat(Array.from({ length: 100 }, () => empty)));
  });
  expect((await refused(get(`http://site.test:${port}/`, { maxBytes: 1000 }))).code).toBe("too-large");
});

it("unpacks gzip, and says so when a body is damaged or packed in another way", async () => {
  const packed = gzipSync("hello");
  const { port } = await listen((request, response) => {
    const encoding = request.url === "/twice" ? "gzip, gzip" : request.url === "/name" ? "constructor" : "GZIP";
    response.writeHead(200, { ...plain, "content-encoding": encoding });
    response.end(request.url === "/cut" ? packed.subarray(0, 15) : packed);
  });
  expect(Buffer.from((await get(`http://site.test:${port}/`)).body).toString()).toBe("hello");
  for (const path of ["twice", "name", "cut"]) {
    expect((await refused(get(`http://site.test:${port}/${path}`))).code).toBe("bad-response");
  }
});

it.each([
  [404, "not-found"],
  [403, "rejected"],
  [429, "rate-limited"],
  [503, "unavailable"],
  [304, "rejected"],
])("makes status %i an error with code %s", async (status, code) => {
  const { port } = await listen((_, response) => response.writeHead(status).end());
  expect(await refused(get(`http://site.test:${port}/`))).toMatchObject({ code, status });
});

it("refuses other content types before reading the body", async () => {
  const { port } = await listen((_, response) => {
    response.writeHead(200, { "content-type": "Image/PNG; q=1" }).write("x");
    // never ended: whoever reads it waits for ever
  });
  const error = await refused(get(`http://site.test:${port}/`));
  expect(error.message).toContain("image/png");
});

it("says that nobody listens or that there is no such host", async () => {
  const { port } = await listen(() => {});
  const [server] = servers.splice(0);
  await new Promise((resolve) => server?.close(resolve));
  expect((await refused(get(`http://site.test:${port}/`))).message).toContain("ECONNREFUSED");
  const lookup = () => Promise.reject(Object.assign(new Error("queryA"), { code: "ENOTFOUND" }));
  expect((await refused(get(`http://none.test:${port}/`, { lookup }))).code).toBe("not-found");
});

const waits: [string, RequestListener][] = [
  ["answers nothing", () => {}],
  ["stops in the middle of the body", (_, response) => response.writeHead(200, plain).write("x")],
];

it.each(waits)("times out on a server that %s", async (_, answer) => {
  const { port } = await listen(answer);
  expect((await refused(get(`http://site.test:${port}/`, { timeoutMs: 30 }))).code).toBe("timeout");
});

it("times out on a name that never resolves", async () => {
  const lookup = () => new Promise<never>(() => {});
  expect((await refused(get("http://slow.test:8080/", { lookup, timeoutMs: 30 }))).code).toBe("timeout");
});

it.each(waits)("the caller's signal ends a server that %s, with its own reason", async (_, answer) => {
  const stop = new AbortController();
  const reason = new Error("enough");
  const { port } = await listen((request, response) => {
    answer(request, response);
    setImmediate(() => stop.abort(reason));
  });
  await expect(get(`http://site.test:${port}/`, { signal: stop.signal })).rejects.toBe(reason);
  await expect(get(`http://site.test:${port}/`, { signal: stop.signal })).rejects.toBe(reason);
});
