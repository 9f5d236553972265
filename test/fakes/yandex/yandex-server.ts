// A strict fake of Yandex AI Studio, all its REST doors on one port: refuses what the service refuses, and keeps a ledger.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { checkCredentials } from "./credentials-check.ts";
import { cutAfter, cutNow } from "./cut-response.ts";
import { type FakeRoute, type FakeState, type FakeStateOptions, fakeState, type LedgerEntry } from "./fake-service.ts";
import { faultReply } from "./faults.ts";
import type { YandexGrpc } from "./grpc/yandex-grpc.ts";
import { errorBody, Refusal } from "./refusal.ts";
import { yandexRoutes } from "./yandex-routes.ts";

export type YandexServerOptions = FakeStateOptions & {
  /** Doors of your own. They are tried before the others. */
  routes?: readonly FakeRoute[];
  /**
   * With it `server.grpc` is there: datasets, tuning and batches, and what REST has, over gRPC; this port serves the
   * storage of datasets.
   */
  grpc?: boolean;
};

/**
 * ```ts
 * const server = await startYandexServer({ replies: [{ text: ["It is ", "open."] }, { refuse: { code: 14, message: "busy" } }] });
 * const connection = yandexConnection(server.settings);
 * // … talk to the bot, then judge by server.ledger
 * await server.close();
 * ```
 * It is its own `FakeState`: `server.script.add({ text: "hi" })`, `server.operations.release()`,
 * `server.faults.add({ path: "/operations/", raw: { status: 502, body: "" } })`, `server.quotas.mostAtOnce("completion")`.
 */
export interface YandexServer extends FakeState {
  /** Of every REST endpoint: `http://127.0.0.1:<port>`. */
  readonly origin: string;
  /** What `yandexConnection` needs to reach it. */
  readonly settings: {
    apiKey: string;
    folderId: string;
    endpoints: Record<"llm" | "openai" | "operation" | "iam" | "metadata" | "grpc", string>;
  };
  close(): Promise<void>;
}

export function startYandexServer(
  options: YandexServerOptions & { grpc: true },
): Promise<YandexServer & { readonly grpc: YandexGrpc }>;
export function startYandexServer(options?: YandexServerOptions): Promise<YandexServer>;
export async function startYandexServer(options: YandexServerOptions = {}): Promise<YandexServer> {
  const state = fakeState(options);
  // Loaded only where it is wanted: most tests want REST alone.
  const services = options.grpc ? (await import("./grpc/yandex-grpc.ts")).yandexGrpc(state) : undefined;
  const routes = [...(options.routes ?? []), ...yandexRoutes(state), ...(services?.routes ?? [])];
  const server = createServer((request, response) => void serve({ state, routes, request, response }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const grpc = await services?.start({ origin, routes });
  return {
    ...state,
    ...(grpc && { grpc }),
    origin,
    settings: {
      apiKey: state.account.apiKey,
      folderId: state.account.folderId,
      endpoints: {
        ...{ llm: origin, openai: origin, operation: origin, iam: origin, metadata: origin },
        grpc: grpc ? `http://${grpc.plain}` : origin,
      },
    },
    close: () =>
      new Promise((resolve) => {
        grpc?.close();
        server.close(() => resolve());
        for (const entry of state.ledger) entry.ended ??= "cut";
        server.closeAllConnections();
      }),
  };
}

type Exchange = {
  state: FakeState;
  routes: readonly FakeRoute[];
  request: IncomingMessage;
  response: ServerResponse;
};

async function serve({ state, routes, request, response }: Exchange): Promise<void> {
  const gone = new AbortController();
  const bytes = await bytesOf(request).catch(() => undefined);
  // It left while it was asking.
  if (!bytes) return;
  const { pathname: path, searchParams: query } = new URL(request.url ?? "/", "http://fake");
  const { method = "GET", headers } = request;
  const route = routes.find((each) => each.method === method && each.path.test(path));
  const shape = route?.errors ?? (path.startsWith("/v1/") ? "openai" : "unary");
  const json = route?.takesBytes ? { body: undefined } : jsonOf(bytes, headers["content-type"]);
  const at = performance.now();
  const entry: LedgerEntry = { method, path, headers, body: json.body, at, status: undefined, billed: false };
  state.ledger.push(entry);
  // Before the client can see the end: whoever has read it to its end finds room for the next one.
  response.on("prefinish", () => {
    entry.ended ??= "done";
    gone.abort();
  });
  response.on("close", () => {
    if (!response.writableFinished && entry.ended !== "cut") entry.ended = "left";
    gone.abort();
  });
  setHeaders(response, headers["x-client-request-id"]);
  const send = (status: number, body: unknown, added: Record<string, string> = {}) => {
    entry.status = status;
    if (gone.signal.aborted) return;
    response.writeHead(status, { "content-type": "application/json", ...added });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
  const fault = state.faults.take(method, path);
  const cut = fault && "cut" in fault ? fault.cut : undefined;
  try {
    if (cut === "request") return cutNow(response, entry);
    if (typeof cut === "number") cutAfter(response, cut, entry);
    const failure = fault && faultReply(fault, shape);
    if (failure) return send(failure.status, failure.body, failure.headers);
    if (fault && "until" in fault) await fault.until;
    if (gone.signal.aborted) return;
    const match = route?.path.exec(path);
    if (!route || !match) throw notServed(routes, method, path);
    if (!route.isOpen) checkCredentials(headers, state.identities, route.errors === "openai" ? "openai" : "native");
    if (json.problem) throw json.problem;
    if (route.quota) {
      const leave = state.quotas.enter(route.quota);
      if (gone.signal.aborted) leave();
      gone.signal.addEventListener("abort", leave);
    }
    const call = { match, query, headers, body: json.body, bytes, response, entry, gone: gone.signal };
    const answer = await route.answer(call);
    if (route.isBilled) entry.billed = true;
    if (cut === "answer") return cutNow(response, entry);
    if (fault && "answerAfter" in fault) await fault.answerAfter;
    if (answer === undefined) entry.status ??= response.statusCode;
    else send(200, answer);
  } catch (error) {
    // Whoever breaks here is the fake itself, or its script: a 500 that says so.
    const refusal = error instanceof Refusal ? error : new Refusal(13, String(error));
    if (response.headersSent) cutNow(response, entry);
    else send(refusal.status, errorBody(refusal, refusal.shape ?? shape));
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The service asks for JSON; in which words it refuses another type is not known. */
function jsonOf(bytes: Buffer, type: string | undefined): { body: unknown; problem?: Refusal } {
  if (bytes.length === 0) return { body: undefined };
  try {
    const body: unknown = JSON.parse(bytes.toString());
    if (/^application\/json\s*(;|$)/i.test(type ?? "")) return { body };
    return { body, problem: new Refusal(3, `Unsupported content type '${type ?? ""}': it has to be application/json`) };
  } catch {
    return { body: undefined, problem: new Refusal(3, "invalid character in the body: it is no JSON") };
  }
}

function setHeaders(response: ServerResponse, clientRequestId: string | string[] | undefined): void {
  response.setHeader("server", "ycalb");
  response.setHeader("x-request-id", crypto.randomUUID());
  response.setHeader("x-server-trace-id", crypto.randomUUID().replaceAll("-", ""));
  if (clientRequestId !== undefined) response.setHeader("x-client-request-id", clientRequestId);
}

function notServed(routes: readonly FakeRoute[], method: string, path: string): Refusal {
  const isKnown = routes.some((route) => route.path.test(path));
  return isKnown ? new Refusal(12, "Method Not Allowed") : new Refusal(5, `${method} ${path} is not found`);
}
