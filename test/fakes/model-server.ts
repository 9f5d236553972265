// A strict OpenAI-compatible server on this machine: says what it was told to say, refuses what real ones refuse, and
// keeps a ledger of everything it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { chunksOf, type ScriptedAnswer, wholeReplyOf } from "./chat-reply-chunks.ts";
import { complaintAbout, type ServerStyle } from "./check-chat-request.ts";

export type FakeReply = (ScriptedAnswer | FakeFailure | RawReply) & {
  /** Called before the headers (0) and before each write (1, 2 …) goes out, which waits for it. */
  before?: (write: number) => Promise<void> | undefined;
  /** How the body ends: `whole` (default), with a `reset` of the connection, or `never`. */
  ends?: "whole" | "reset" | "never";
};

export type FakeFailure = { status: number; body?: unknown; headers?: Readonly<Record<string, string>> };

/** Bytes as they are, one write each. */
export type RawReply = { raw: readonly (string | Uint8Array)[]; contentType?: string };

export type ReceivedRequest = {
  method: string;
  path: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed. */
  body: Record<string, unknown>;
  /** Resolves when the exchange is over: `answered`, or `hung-up` where the client closed before the end. */
  over: Promise<"answered" | "hung-up">;
};

export type ModelServerOptions = {
  /** In this order, one for each request to chat/completions that is not refused. One too many is a 500. */
  replies?: readonly FakeReply[];
  /** In place of `replies`: by the request and its number, from 0. */
  respond?: (request: ReceivedRequest, number: number) => FakeReply;
  style?: ServerStyle;
  /** Where it is set, another key or none is a 401. */
  apiKey?: string;
  /** Another one is a 404. Default: `test-model`. */
  models?: readonly string[];
};

export interface ModelServer {
  /** The base URL, ending with /v1. */
  readonly url: string;
  /** Every request so far, refused ones too. */
  readonly requests: readonly ReceivedRequest[];
  /** How many connections were opened. */
  readonly connections: number;
  close(): Promise<void>;
}

export async function startModelServer(options: ModelServerOptions = {}): Promise<ModelServer> {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  let answered = 0;
  let connections = 0;
  const server = createServer(async (incoming, response) => {
    const { request, problem } = await receive(incoming, response);
    requests.push(request);
    const reply = problem ?? refusalOf(request, options) ?? listing(request, options);
    await send(response, request, reply ?? scripted(options, request, answered++), options.style ?? "openai");
  });
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
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
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function receive(
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<{ request: ReceivedRequest; problem: FakeReply | undefined }> {
  const over = new Promise<"answered" | "hung-up">((resolve) => {
    response.on("close", () => resolve(response.writableFinished ? "answered" : "hung-up"));
  });
  let text = "";
  incoming.setEncoding("utf8");
  for await (const piece of incoming) text += piece;
  let body: Record<string, unknown> = {};
  let problem: FakeReply | undefined;
  try {
    if (text !== "") body = JSON.parse(text);
  } catch {
    problem = failure(400, "We could not parse the JSON body of your request.");
  }
  const { method = "", url = "", headers } = incoming;
  return { request: { method, path: url, headers, body, over }, problem };
}

function refusalOf(request: ReceivedRequest, options: ModelServerOptions): FakeReply | undefined {
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

function listing({ path }: ReceivedRequest, { models = ["test-model"] }: ModelServerOptions): FakeReply | undefined {
  if (path !== "/v1/models") return undefined;
  const entries = models.map((id) => ({ id, object: "model", created: 0, owned_by: "fake" }));
  return { status: 200, body: { object: "list", data: entries } };
}

function scripted({ replies = [], respond }: ModelServerOptions, request: ReceivedRequest, number: number): FakeReply {
  if (respond) return respond(request, number);
  return replies[number] ?? failure(500, `The script has ${replies.length} replies and was asked for one more.`);
}

function failure(status: number, message: string, code: string | null = null): FakeFailure {
  return { status, body: { error: { message, type: "invalid_request_error", param: null, code } } };
}

async function send(
  response: ServerResponse,
  { body }: ReceivedRequest,
  reply: FakeReply,
  style: ServerStyle,
): Promise<void> {
  const { status, headers, writes } = bytesOf(reply, style, body);
  await reply.before?.(0);
  response.writeHead(status, headers);
  response.flushHeaders();
  for (const [index, write] of writes.entries()) {
    await reply.before?.(index + 1);
    if (response.destroyed) return;
    await new Promise<void>((resolve) => response.write(write, () => resolve()));
  }
  if (reply.ends === "reset") response.socket?.resetAndDestroy();
  else if (reply.ends !== "never") response.end();
}

type ReplyBytes = { status: number; headers: Record<string, string>; writes: readonly (string | Uint8Array)[] };

function bytesOf(reply: FakeReply, style: ServerStyle, body: Record<string, unknown>): ReplyBytes {
  if ("raw" in reply) {
    return { status: 200, headers: { "content-type": reply.contentType ?? "text/event-stream" }, writes: reply.raw };
  }
  const json = { "content-type": "application/json", "x-request-id": "req-fake" };
  if ("status" in reply) {
    const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {});
    return { status: reply.status, headers: { ...json, ...reply.headers }, writes: [text] };
  }
  const model = String(body.model);
  if (body.stream !== true) {
    return { status: 200, headers: json, writes: [JSON.stringify(wholeReplyOf(reply, style, model))] };
  }
  const asked = body.stream_options as { include_usage?: boolean } | undefined;
  const chunks = chunksOf(reply, style, { model, usage: asked?.include_usage === true });
  const writes = [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((text) => `data: ${text}\n\n`);
  return { status: 200, headers: { "content-type": "text/event-stream; charset=utf-8" }, writes };
}
