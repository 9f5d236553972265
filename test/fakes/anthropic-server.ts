// A strict server of Anthropic's Messages API on this machine: says what it was told to say, refuses what the real one
// refuses, signs what it thinks, and wants the signature back.
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { complaintAboutMessages, type Json } from "./check-messages-request.ts";
import { startHttpServer } from "./http-server.ts";

/** Blocks come in this order. Each string of a list is a delta of its own. */
export type AnthropicReply = {
  thinking?: string | readonly string[];
  /** A block that only the service can read. */
  redacted?: string;
  text?: string | readonly string[];
  /** `input` that is a string is streamed as it is. */
  toolUse?: readonly { id: string; name: string; input: unknown }[];
  stopReason?: string;
  usage?: { input_tokens: number; output_tokens: number; cache_read_input_tokens?: number };
  /** An `error` event in the middle of the stream, in place of the end. */
  error?: string;
  hangs?: boolean;
  /** In place of a reply: a status that is no 200. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
};

export interface AnthropicServer {
  /** The base URL, ending with /v1. */
  readonly url: string;
  readonly key: string;
  /** The bodies of all requests so far, refused ones too. */
  readonly bodies: readonly Json[];
  close(): Promise<void>;
}

/** Gives the replies in order, one for each request that is not refused; one request too many is a 500. */
export async function startAnthropicServer(replies: readonly AnthropicReply[]): Promise<AnthropicServer> {
  const bodies: Json[] = [];
  const key = "sk-ant-fake-key-0123456789";
  let answered = 0;
  const { url, close } = await startHttpServer((incoming, text, response) => {
    const body = JSON.parse(text || "{}");
    bodies.push(body);
    const refusal = refusalOf(incoming, body, key);
    if (refusal) return fail(response, ...refusal);
    const reply = replies[answered++];
    if (!reply) return fail(response, 500, "api_error", `The script has ${replies.length} replies.`);
    if (reply.status) return fail(response, reply.status, "overloaded_error", "Overloaded", reply.headers);
    if (body.stream === true) return stream(response, reply);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(messageOf(reply, blocksOf(reply))));
  });
  return { url: `${url}/v1`, key, bodies, close };
}

/** What the server signs its thinking with. */
export function signatureOf(thinking: string): string {
  return createHash("sha256").update(`server's secret ${thinking}`).digest("base64");
}

function refusalOf(
  { method, url, headers }: IncomingMessage,
  body: Json,
  key: string,
): [number, string, string] | undefined {
  if (method !== "POST" || url !== "/v1/messages") return [404, "not_found_error", `${method} ${url}`];
  if (headers["x-api-key"] !== key) return [401, "authentication_error", `invalid x-api-key: ${headers["x-api-key"]}`];
  if (!headers["anthropic-version"]) return [400, "invalid_request_error", "anthropic-version: header is required"];
  const complaint = complaintAboutMessages(body, signatureOf);
  return complaint === undefined ? undefined : [400, "invalid_request_error", complaint];
}

function fail(
  response: ServerResponse,
  status: number,
  type: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", "request-id": "req_fake", ...headers });
  response.end(JSON.stringify({ type: "error", error: { type, message } }));
}

type Block = { start: Json; deltas: readonly Json[]; whole: Json };

function blocksOf({ thinking, redacted, text, toolUse = [] }: AnthropicReply): Block[] {
  const blocks: Block[] = [];
  if (thinking !== undefined) {
    const signature = signatureOf(list(thinking).join(""));
    blocks.push({
      start: { type: "thinking", thinking: "", signature: "" },
      deltas: [
        ...list(thinking).map((piece) => ({ type: "thinking_delta", thinking: piece })),
        { type: "signature_delta", signature },
      ],
      whole: { type: "thinking", thinking: list(thinking).join(""), signature },
    });
  }
  if (redacted !== undefined) {
    const block = { type: "redacted_thinking", data: redacted };
    blocks.push({ start: block, deltas: [], whole: block });
  }
  if (text !== undefined) {
    blocks.push({
      start: { type: "text", text: "" },
      deltas: list(text).map((piece) => ({ type: "text_delta", text: piece })),
      whole: { type: "text", text: list(text).join("") },
    });
  }
  for (const { id, name, input } of toolUse) {
    const json = typeof input === "string" ? input : JSON.stringify(input);
    blocks.push({
      start: { type: "tool_use", id, name, input: {} },
      deltas: (json.match(/.{1,9}/gsu) ?? []).map((piece) => ({ type: "input_json_delta", partial_json: piece })),
      whole: { type: "tool_use", id, name, input },
    });
  }
  return blocks;
}

function messageOf({ stopReason, toolUse, usage }: AnthropicReply, blocks: readonly Block[]): Json {
  return {
    id: "msg_fake",
    type: "message",
    role: "assistant",
    model: "claude-fake",
    content: blocks.map(({ whole }) => whole),
    stop_reason: stopReason ?? (toolUse?.length ? "tool_use" : "end_turn"),
    stop_sequence: null,
    usage: usage ?? { input_tokens: 9, output_tokens: 3 },
  };
}

function stream(response: ServerResponse, reply: AnthropicReply): void {
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
  const send = (event: Json) => response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
  const blocks = blocksOf(reply);
  const { stop_reason, stop_sequence, usage, ...message } = messageOf(reply, []);
  send({ type: "message_start", message: { ...message, stop_reason: null, stop_sequence: null, usage } });
  send({ type: "ping" });
  for (const [index, { start, deltas }] of blocks.entries()) {
    send({ type: "content_block_start", index, content_block: start });
    for (const delta of deltas) send({ type: "content_block_delta", index, delta });
    if (reply.hangs) return;
    if (reply.error === undefined) send({ type: "content_block_stop", index });
  }
  if (reply.error !== undefined) {
    send({ type: "error", error: { type: "overloaded_error", message: reply.error } });
  } else {
    send({ type: "message_delta", delta: { stop_reason, stop_sequence }, usage });
    send({ type: "message_stop" });
  }
  response.end();
}

function list(text: string | readonly string[]): readonly string[] {
  return typeof text === "string" ? [text] : text;
}
