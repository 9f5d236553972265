// What the parts of the fake of Yandex AI Studio have in common: routes, refusals, and the account that it serves.
import type { IncomingHttpHeaders, ServerResponse } from "node:http";

/** A line of the ledger: what was asked, and what became of it. */
export type LedgerEntry = {
  readonly method: string;
  /** Without the query. gRPC methods are entered as `/package.Service/Method`. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
  /** On the clock of `performance.now()`. */
  readonly at: number;
  /** Undefined while it goes on; gRPC methods have the HTTP status of their code. */
  status: number | undefined;
  /** Whether the account is charged for it. */
  billed: boolean;
};

/** By which a route says no. The server puts it into the shape that its kind of endpoint has (fact sheet §11.2). */
export class Refusal extends Error {
  readonly status: number;
  readonly grpcCode: number;

  constructor(grpcCode: keyof typeof httpStatus, message: string) {
    super(message);
    this.grpcCode = grpcCode;
    this.status = httpStatus[grpcCode];
  }
}

/** gRPC code to HTTP status (§11.1). */
export const httpStatus = { 3: 400, 5: 404, 7: 403, 8: 429, 9: 400, 13: 500, 14: 503, 16: 401 } as const;

export type FakeCall = {
  readonly match: RegExpExecArray;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; undefined where there was none. */
  readonly body: unknown;
  /** The raw body, for uploads. */
  readonly bytes: Buffer;
  readonly response: ServerResponse;
  readonly entry: LedgerEntry;
};

export type FakeRoute = {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: RegExp;
  /** Whose shape an error has: server-streaming completion (a), unary (b), OpenAI-compatible (d). */
  errors: "streaming" | "unary" | "openai";
  /** Which quota it is counted on. */
  quota?: string;
  /** Nobody need say who they are: the metadata server, presigned addresses, the token endpoint. */
  isOpen?: true;
  /** The JSON of a 200; nothing where it has written the response itself. Throws a `Refusal`. */
  answer(call: FakeCall): unknown;
};

/** Whom the fake knows. */
export type FakeAccount = { folderId: string; apiKey: string; serviceAccountId: string };

export const fakeAccount: FakeAccount = {
  folderId: "b1gfake00000000000000",
  apiKey: "AQVNfake-key-of-no-account-at-all-000000",
  serviceAccountId: "ajefake00000000000000",
};
