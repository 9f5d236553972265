// What a door of the fake of Yandex AI Studio is: its path, its manners, its answer; and the line it leaves in the ledger.
import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { FakeQuota } from "./quotas.ts";
import type { ErrorShape } from "./refusal.ts";

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
  /** Whether the account is charged for it. Whoever is let in is, by the server, where the route says `isBilled`. */
  billed: boolean;
  /** Where the charge is not what the answer says: batches cost a minimum. */
  billedTokens?: number;
  /** Undefined while it goes on. `cut`: the fake broke it off. `left`: the client did. */
  ended?: "done" | "cut" | "left";
};

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
  /** Aborted when the exchange is over, or the client has left. */
  readonly gone: AbortSignal;
};

export type FakeRoute = {
  method: "GET" | "POST" | "PUT" | "DELETE";
  path: RegExp;
  /** Whose shape an error has: server-streaming completion (a), unary (b), OpenAI-compatible (d). */
  errors: Exclude<ErrorShape, "general">;
  /**
   * Which quota it is counted on, from when it is let in to the end of its response. What is refused by the quota, or
   * before it, is not counted.
   */
  quota?: FakeQuota;
  /** Nobody need say who they are: the metadata server, presigned addresses, the token endpoint. */
  isOpen?: true;
  /** A 200 is charged. Where it is not so simple, the route itself sets `entry.billed`. */
  isBilled?: true;
  /** The body is no JSON. */
  takesBytes?: true;
  /** The JSON of a 200; nothing where it writes the response itself. Throws a `Refusal`. May wait. */
  answer(call: FakeCall): unknown;
};

/** Whom the fake knows. */
export type FakeAccount = { folderId: string; apiKey: string; serviceAccountId: string };

export const fakeAccount: FakeAccount = {
  folderId: "b1gfake00000000000000",
  apiKey: "AQVNfake-key-of-no-account-at-all-000000",
  serviceAccountId: "ajefake00000000000000",
};
