// A strict fake of Yandex AI Studio, all its doors on one port: refuses what the service refuses, and keeps a ledger.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FakeAccount, type FakeRoute, fakeAccount, type LedgerEntry, Refusal } from "./fake-service.ts";

export type YandexServerOptions = { account?: Partial<FakeAccount>; routes?: readonly FakeRoute[] };

export interface YandexServer {
  /** Of every REST endpoint: `http://127.0.0.1:<port>`. */
  readonly origin: string;
  readonly account: FakeAccount;
  /** What `yandexConnection` needs to reach it. */
  readonly settings: {
    apiKey: string;
    folderId: string;
    endpoints: Record<"llm" | "openai" | "operation" | "iam" | "metadata", string>;
  };
  readonly ledger: readonly LedgerEntry[];
  close(): Promise<void>;
}

export async function startYandexServer(options: YandexServerOptions = {}): Promise<YandexServer> {
  const account = { ...fakeAccount, ...options.account };
  const routes: readonly FakeRoute[] = [...(options.routes ?? [])];
  const ledger: LedgerEntry[] = [];
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    const { pathname: path, searchParams: query } = new URL(request.url ?? "/", origin);
    const { method = "GET", headers } = request;
    const body: unknown =
      bytes.length > 0 && headers["content-type"]?.includes("json") ? JSON.parse(bytes.toString()) : undefined;
    const entry: LedgerEntry = { method, path, headers, body, at: performance.now(), status: undefined, billed: false };
    ledger.push(entry);
    const route = routes.find((each) => each.method === method && each.path.test(path));
    try {
      const match = route?.path.exec(path);
      if (!route || !match) throw new Refusal(5, `${method} ${path} is not found`);
      if (!route.isOpen && headers.authorization !== `Api-Key ${account.apiKey}`)
        throw new Refusal(16, "Unknown api key");
      const answer = await route.answer({ match, query, headers, body, bytes, response, entry });
      if (answer === undefined) {
        entry.status = response.statusCode;
        return;
      }
      entry.status = 200;
      response.writeHead(200, { "content-type": "application/json", "x-request-id": crypto.randomUUID() });
      response.end(JSON.stringify(answer));
    } catch (error) {
      const { status, message } = error instanceof Refusal ? error : new Refusal(13, String(error));
      entry.status = status;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: message, message }));
    }
  }

  return {
    origin,
    account,
    settings: {
      apiKey: account.apiKey,
      folderId: account.folderId,
      endpoints: { llm: origin, openai: origin, operation: origin, iam: origin, metadata: origin },
    },
    ledger,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
