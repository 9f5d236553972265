// A strict fake of OpenAI's Files and Batches API, and of its chat completions beside it. It is made from the API reference and
// the guide to batches; where those say nothing it refuses rather than takes.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type BatchPlan, BatchStore, type FakeBatch, type LineReply } from "./batch-store.ts";
import type { BatchLine } from "./check-lines.ts";
import { type Asked, completion, type FakeAnswer, streamOf } from "./completion.ts";
import { Faults } from "./faults.ts";
import { type FakeFile, FileStore } from "./file-store.ts";
import { pageOf } from "./page.ts";
import { Refusal } from "./refusal.ts";

export type OpenAIBatchesOptions = {
  /** What the model says. Default: `re: ` and the last text. What it throws is the answer of a defect: 500. */
  respond?: (asked: Asked) => FakeAnswer;
  /** Default `test-key`. */
  apiKey?: string;
  /** Default `test-model` and `other-model`. */
  models?: readonly string[];
  /** Of a batch. Default 50,000. */
  mostLines?: number;
  /** At most so many in a list, whatever was asked for: so that it is paged. */
  mostListed?: number;
};

/** A request to the server; `status` is missing where the connection was cut. */
export type LedgerEntry = { method: string; path: string; status?: number };

export interface OpenAIBatchesServer {
  /** The base URL, ending with /v1. */
  readonly url: string;
  readonly apiKey: string;
  readonly ledger: readonly LedgerEntry[];
  /** What the model worked for: each is paid for. */
  readonly billed: readonly Asked[];
  /** The oldest first. */
  readonly files: readonly FakeFile[];
  readonly batches: readonly FakeBatch[];
  /** One for each batch that is begun. */
  readonly plans: BatchPlan[];
  readonly faults: Faults;
  close(): Promise<void>;
}

export async function startOpenAIBatchesServer(options: OpenAIBatchesOptions = {}): Promise<OpenAIBatchesServer> {
  const fake = new Fake(options);
  const server = createServer((request, response) => fake.answer(request, response));
  server.on("connection", (socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    apiKey: fake.apiKey,
    ledger: fake.ledger,
    billed: fake.billed,
    files: fake.files.all,
    get batches() {
      return fake.batches.all;
    },
    plans: fake.batches.plans,
    faults: fake.faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Call = { method: string; path: string; query: URLSearchParams; contentType: string | undefined; body: Buffer };

class Fake {
  readonly apiKey: string;
  readonly ledger: LedgerEntry[] = [];
  readonly billed: Asked[] = [];
  readonly faults = new Faults();
  readonly files = new FileStore();
  readonly batches: BatchStore;
  readonly #options: OpenAIBatchesOptions;
  readonly #models: readonly string[];
  #asked = 0;

  constructor(options: OpenAIBatchesOptions) {
    const { apiKey = "test-key", models = ["test-model", "other-model"], mostLines = 50_000 } = options;
    this.apiKey = apiKey;
    this.#options = options;
    this.#models = models;
    const answer = (line: BatchLine, batchId: string) => this.#answerLine(line, batchId);
    this.batches = new BatchStore({ files: this.files, rules: { models, mostLines }, answer });
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", headers, url = "" } = request;
    const { pathname: path, searchParams: query } = new URL(url, "http://fake");
    const entry: LedgerEntry = { method, path };
    this.ledger.push(entry);
    const fault = this.faults.take(method, path);
    const cut = fault && "cut" in fault ? fault.cut : undefined;
    if (cut === "upload") {
      request.once("data", () => request.socket.destroy());
      return;
    }
    const body = await bodyOf(request);
    // It left while it asked.
    if (!body) return;
    if (cut === "request") return void request.socket.destroy();
    const reply =
      fault && "status" in fault
        ? {
            status: fault.status,
            headers: fault.headers,
            text:
              typeof fault.body === "string"
                ? fault.body
                : JSON.stringify(fault.body ?? { error: { message: "a fault" } }),
          }
        : this.#reply({ method, path, query, contentType: headers["content-type"], body }, headers.authorization);
    if (cut === "answer") return void request.socket.destroy();
    entry.status = reply.status;
    const id = `req_${this.ledger.length}`;
    response.writeHead(reply.status, { "content-type": "application/json", "x-request-id": id, ...reply.headers });
    if (typeof cut !== "number") return void response.end(reply.text);
    response.write(Buffer.from(reply.text).subarray(0, cut), () => request.socket.destroy());
  }

  #reply(
    call: Call,
    authorization: string | undefined,
  ): { status: number; text: string; headers?: Record<string, string> | undefined } {
    try {
      if (authorization !== `Bearer ${this.apiKey}`) {
        throw new Refusal(401, "Incorrect API key provided.", { code: "invalid_api_key" });
      }
      const made = this.#route(call);
      const headers = typeof made === "string" ? { "content-type": "text/event-stream" } : undefined;
      const text = made instanceof Buffer ? made.toString() : typeof made === "string" ? made : JSON.stringify(made);
      return { status: 200, text, headers };
    } catch (thrown) {
      const refusal = thrown instanceof Refusal ? thrown : new Refusal(500, String(thrown));
      return { status: refusal.status, text: JSON.stringify(refusal.body) };
    }
  }

  #route({ method, path, query, contentType, body }: Call): unknown {
    const [, room, id, action, ...rest] = path.slice("/v1".length).split("/");
    const door = [method, room, id && "{id}", action, ...rest].filter((part) => part !== undefined).join(" ");
    switch (path.startsWith("/v1/") ? door : "") {
      case "POST files":
        return this.files.upload(contentType, body);
      case "GET files":
        return this.#listedFiles(query);
      case "GET files {id}":
        return this.files.get(id ?? "");
      case "GET files {id} content":
        return this.files.contentOf(id ?? "");
      case "DELETE files {id}":
        return this.files.delete(id ?? "");
      case "POST batches":
        return this.batches.create(jsonOf(contentType, body));
      case "GET batches":
        return pageOf([...this.batches.all].reverse(), this.#capped(query), { fields: [], most: 100, usual: 20 });
      case "GET batches {id}":
        return this.batches.ask(id ?? "");
      case "POST batches {id} cancel":
        return this.batches.cancel(id ?? "");
      case "POST chat {id}":
        if (id === "completions") return this.#chat(jsonOf(contentType, body));
    }
    throw new Refusal(404, `Invalid URL (${method} ${path})`);
  }

  #listedFiles(query: URLSearchParams): unknown {
    const purpose = query.get("purpose");
    const order = query.get("order") ?? "desc";
    if (order !== "asc" && order !== "desc") throw new Refusal(400, `Invalid 'order': '${order}'.`, { param: "order" });
    const files = this.files.all.filter((file) => purpose === null || file.purpose === purpose);
    if (order === "desc") files.reverse();
    return pageOf(files, this.#capped(query), { fields: ["purpose", "order"], most: 10_000, usual: 10_000 });
  }

  #capped(query: URLSearchParams): URLSearchParams {
    const { mostListed } = this.#options;
    const asked = Number(query.get("limit") ?? Number.POSITIVE_INFINITY);
    return mostListed !== undefined && asked > mostListed
      ? new URLSearchParams({ ...Object.fromEntries(query), limit: `${mostListed}` })
      : query;
  }

  #chat(body: Record<string, unknown>): unknown {
    if (!this.#models.includes(String(body.model))) {
      throw new Refusal(404, `The model '${body.model}' does not exist.`, { code: "model_not_found" });
    }
    const whole = this.#complete({ body, number: this.#asked++ });
    const usage = (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true;
    return body.stream === true ? streamOf(whole, usage) : whole;
  }

  #answerLine({ body, customId }: BatchLine, batchId: string): LineReply {
    const number = this.#asked++;
    const head = { request_id: `req_batch_${number}` };
    try {
      return { status_code: 200, ...head, body: this.#complete({ body, number, batchId, customId }) };
    } catch (thrown) {
      const refusal = thrown instanceof Refusal ? thrown : new Refusal(500, String(thrown));
      return { status_code: refusal.status, ...head, body: refusal.body };
    }
  }

  #complete(asked: Asked): Record<string, unknown> {
    const whole = completion(asked, this.#options.respond ?? echo);
    this.billed.push(asked);
    return whole;
  }
}

function echo({ body }: Asked): FakeAnswer {
  const last = (body.messages as { content: unknown }[]).at(-1)?.content;
  return { text: `re: ${typeof last === "string" ? last : JSON.stringify(last)}` };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  const reads: Buffer[] = [];
  try {
    for await (const read of request) reads.push(read);
    return Buffer.concat(reads);
  } catch {
    return undefined;
  }
}

function jsonOf(contentType: string | undefined, body: Buffer): Record<string, unknown> {
  if (!contentType?.includes("application/json")) throw new Refusal(415, "The body must be application/json.");
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {}
  throw new Refusal(400, "We could not parse the JSON body of your request.");
}
