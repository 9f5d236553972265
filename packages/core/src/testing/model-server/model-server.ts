// A strict OpenAI-compatible server on this machine: says what it was told to say, with any fault, refuses what real ones
// refuse, and keeps a ledger of everything it was asked.
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { chunksOf, wholeReplyOf } from "./chat-reply-chunks.ts";
import { complaintAbout, type ServerStyle } from "./check-chat-request.ts";
import { type ReplyBytes, type Sent, sendReply } from "./send-reply.ts";
import type { ServerReply, StatusReply } from "./server-reply.ts";

/** A line of the ledger: what was asked, and what became of it. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed; `{}` where there was none. */
  readonly body: Record<string, unknown>;
  /** The server's own name for it, told in the header `x-request-id`: `req-1`, `req-2` … */
  readonly requestId: string;
  readonly idempotencyKey: string | undefined;
  /** When it had come whole, on the clock of `performance.now()`. */
  readonly receivedAt: number;
  /** Whether a model worked for it: it was not refused, and its reply, whatever became of that, has status 2xx. */
  readonly billed: boolean;
  /** Bytes of the reply's body that went out so far. */
  readonly bytesSent: number;
  /** Undefined while it goes on. */
  readonly ended: RequestEnd | undefined;
  /** Resolves when the exchange is over. */
  readonly over: Promise<RequestEnd>;
}

/** `done`: the whole reply went out. `cut`: the script, or `close()`, broke it off. `left`: the client did. */
export type RequestEnd = "done" | "cut" | "left";

export type ModelServerOptions = {
  /** In this order, one for each request to chat/completions that is not refused. One too many is a 500. */
  replies?: readonly ServerReply[];
  /** In place of `replies`: by the request and its number, from 0. */
  respond?: (request: ReceivedRequest, number: number) => ServerReply;
  /** Whose manners it has. Default `openai`. */
  style?: ServerStyle;
  /** Where it is set, another key or none is a 401. */
  apiKey?: string;
  /** Another one is a 404. Default: `test-model`. */
  models?: readonly string[];
};

export interface ModelServer {
  /** The base URL, ending with /v1. It speaks no TLS: with `https:` in front, a connection fails. */
  readonly url: string;
  /** Every request so far, refused ones too. */
  readonly requests: readonly ReceivedRequest[];
  /** How many connections were opened in all, how many are open, and how many were at most at once. */
  readonly connections: number;
  readonly openConnections: number;
  readonly mostConnections: number;
  close(): Promise<void>;
}

/**
 * ```ts
 * const server = await startModelServer({ replies: [{ status: 503 }, { text: "It is open from 9." }] });
 * const model = openaiCompatible({ baseURL: server.url, model: "test-model" });
 * // … talk to the bot, then judge by server.requests
 * await server.close();
 * ```
 */
export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: Exchange[] = [];
  const sockets = new Set<Socket>();
  let answered = 0;
  let connections = 0;
  let mostConnections = 0;
  const server = createServer(async (incoming, response) => {
    const closed = new Promise<boolean>((resolve) => response.on("close", () => resolve(response.writableFinished)));
    const asked = await read(incoming).catch(() => undefined);
    // It left while it was asking.
    if (!asked) return;
    const { body, problem } = asked;
    const request = new Exchange({ incoming, body, requestId: `req-${requests.length + 1}`, closed });
    requests.push(request);
    const unscripted = problem ?? refusalOf(request, options) ?? listing(request, options);
    const reply: ServerReply = unscripted ?? scripted(options, request, answered++);
    request.billed = !unscripted && (!("status" in reply) || (reply.status ?? 200) < 300);
    await sendReply(response, bytesOf(reply, options.style ?? "openai", request), reply, request.sent);
  });
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    mostConnections = Math.max(mostConnections, sockets.size);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    get connections() {
      return connections;
    },
    get openConnections() {
      return sockets.size;
    },
    get mostConnections() {
      return mostConnections;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const { ended, sent } of requests) if (!ended) sent.isCut = true;
        for (const socket of sockets) socket.destroy();
      }),
  };
}

type NewExchange = {
  incoming: IncomingMessage;
  body: Record<string, unknown>;
  requestId: string;
  /** Resolves with whether the reply had gone out whole. */
  closed: Promise<boolean>;
};

class Exchange implements ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
  readonly requestId: string;
  readonly receivedAt = performance.now();
  readonly sent: Sent = { bytes: 0, isCut: false };
  readonly over: Promise<RequestEnd>;
  billed = false;
  ended: RequestEnd | undefined;

  constructor({ incoming, body, requestId, closed }: NewExchange) {
    this.method = incoming.method ?? "";
    this.path = incoming.url ?? "";
    this.headers = incoming.headers;
    this.body = body;
    this.requestId = requestId;
    this.over = closed.then((isWhole) => {
      this.ended = this.sent.isCut ? "cut" : isWhole ? "done" : "left";
      return this.ended;
    });
  }

  get idempotencyKey(): string | undefined {
    return this.headers["idempotency-key"]?.toString();
  }

  get bytesSent(): number {
    return this.sent.bytes;
  }
}

async function read(incoming: IncomingMessage): Promise<{ body: Record<string, unknown>; problem?: StatusReply }> {
  let text = "";
  incoming.setEncoding("utf8");
  for await (const piece of incoming) text += piece;
  try {
    return { body: text === "" ? {} : JSON.parse(text) };
  } catch {
    return { body: {}, problem: failure(400, "We could not parse the JSON body of your request.") };
  }
}

function refusalOf(request: ReceivedRequest, options: ModelServerOptions): StatusReply | undefined {
  const { apiKey, models = ["test-model"], style = "openai" } = options;
  const { method, path, headers, body } = request;
  if (apiKey !== undefined && headers.authorization !== `Bearer ${apiKey}`) {
    return failure(401, `Incorrect API key provided: ${headers.authorization ?? "none"}.`, "invalid_api_key");
  }
  if (method === "GET" && path === "/v1/models") return undefined;
  if (path !== "/v1/chat/completions") return failure(404, `Invalid URL (${method} ${path})`);
  if (method !== "POST") return failure(405, `Not allowed to ${method} on ${path}.`);
  if (!headers["content-type"]?.includes("application/json")) return failure(415, "the body must be application/json");
  const complaint = complaintAbout(body, style);
  if (complaint) return failure(400, complaint, "invalid_request_error");
  if (models.includes(body.model as string)) return undefined;
  return failure(404, `The model '${body.model}' does not exist.`, "model_not_found");
}

function listing({ path }: ReceivedRequest, { models = ["test-model"] }: ModelServerOptions): StatusReply | undefined {
  if (path !== "/v1/models") return undefined;
  const entries = models.map((id) => ({ id, object: "model", created: 0, owned_by: "fake" }));
  return { status: 200, body: { object: "list", data: entries } };
}

function scripted(
  { replies = [], respond }: ModelServerOptions,
  request: ReceivedRequest,
  number: number,
): ServerReply {
  if (respond) return respond(request, number);
  return replies[number] ?? failure(500, `The script has ${replies.length} replies and was asked for one more.`);
}

function failure(status: number, message: string, code: string | null = null): StatusReply {
  return { status, body: { error: { message, type: "invalid_request_error", param: null, code } } };
}

function bytesOf(reply: ServerReply, style: ServerStyle, { requestId, body }: ReceivedRequest): ReplyBytes {
  const named = { "x-request-id": requestId };
  const events = { ...named, "content-type": "text/event-stream; charset=utf-8" };
  const json = { ...named, "content-type": "application/json" };
  if ("raw" in reply) {
    const { raw, repeats, status = 200, headers } = reply;
    return { status, headers: { ...events, ...headers }, writes: raw, repeats };
  }
  if ("status" in reply) {
    const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {});
    return { status: reply.status, headers: { ...json, ...reply.headers }, writes: [text] };
  }
  const model = reply.model ?? String(body.model);
  if (body.stream !== true) {
    return { status: 200, headers: json, writes: [JSON.stringify(wholeReplyOf(reply, style, model))] };
  }
  const asked = body.stream_options as { include_usage?: boolean } | undefined;
  const chunks = chunksOf(reply, style, { model, usage: asked?.include_usage === true });
  const writes = [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((text) => `data: ${text}\n\n`);
  return { status: 200, headers: events, writes };
}
