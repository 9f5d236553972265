// P12: the token of a service account dies in the middle of many calls.
import { type YandexConnection, type YandexSettings, yandex, yandexConnection } from "@beseda/providers/yandex";
import type { YandexServer } from "../fakes/yandex/yandex-server.ts";
import { inParallel, tell } from "./fault-bench.ts";
import { accountKey, askedIn, billedIn, completionPath, question, textOf, yandexServing } from "./yandex-bench.ts";

/** Where tokens come from: the one of the two that is asked for them. */
export type TokenSource = "service-account key" | "metadata of a virtual machine";

const tokenPaths: Record<TokenSource, string> = {
  "service-account key": "/iam/v1/tokens",
  "metadata of a virtual machine": "/computeMetadata/v1/instance/service-accounts/default/token",
};

/** What the ledger says when all rows were asked. */
export type Deaths = {
  answers: readonly string[];
  failures: readonly unknown[];
  /** Requests for a token. */
  renewals: number;
  /** Requests with the dead token. */
  refused: number;
  /** Requests that the quota refused. */
  limited: number;
  billed: number;
  /** Rows that were billed more than once. */
  billedTwice: number;
};

export type DeathOptions = {
  rows: number;
  /** When so many have been billed, every token is dead. */
  diesAt: number;
  source?: TokenSource;
  /** How many the service lets in at once. Default all. */
  allowed?: number;
  /** Called in that moment. */
  onDeath?: (server: YandexServer) => void;
};

export const atOnce = 16;

/** Asks each row once, 16 at once. */
export async function tokenDies({
  rows,
  diesAt,
  source = "service-account key",
  allowed,
  onDeath = () => {},
}: DeathOptions): Promise<Deaths> {
  let answered = 0;
  const server: YandexServer = await yandexServing({
    quotas: { completion: allowed === undefined ? {} : { atOnce: allowed } },
    respond: ({ messages }) => {
      if (++answered === diesAt) {
        server.identities.tokens.clear();
        onDeath(server);
      }
      // Replies overlap.
      setTimeout(() => server.script.release(1), 2);
      return { text: `re: ${messages.at(-1)?.text}`, holdAt: 0 };
    },
  });
  const model = yandex("yandexgpt-lite", { connection: connectionBy(source, server) });
  const answers: string[] = [];
  const failures: unknown[] = [];
  await inParallel(rows, atOnce, async (row) => {
    try {
      const events = [];
      // Every other one in one piece.
      for await (const some of model.stream(question(`row ${row}`), { streamed: row % 2 === 0 })) events.push(...some);
      answers[row] = textOf(events);
    } catch (error) {
      failures.push(error);
    }
  });
  const paid = billedIn(server).map(askedIn);
  const deaths = {
    answers,
    failures,
    renewals: server.ledger.filter(({ path }) => path === tokenPaths[source]).length,
    refused: server.ledger.filter(({ path, status }) => path === completionPath && status === 401).length,
    limited: server.ledger.filter(({ status }) => status === 429).length,
    billed: paid.length,
    billedTwice: paid.length - new Set(paid).size,
  };
  tell(`P12 Yandex, ${source}`, {
    rows,
    "dies at": diesAt,
    "requests for a token": deaths.renewals,
    "refused with the dead one": deaths.refused,
    "refused by the quota": deaths.limited,
    failed: failures.length,
    billed: deaths.billed,
    "billed twice": deaths.billedTwice,
  });
  return deaths;
}

export function connectionBy(
  source: TokenSource,
  server: YandexServer,
  more: Partial<YandexSettings> = {},
): YandexConnection {
  const { endpoints, folderId } = server.settings;
  const credentials =
    source === "service-account key" ? { serviceAccountKey: accountKey(server) } : { vmMetadata: true };
  return yandexConnection({ endpoints, folderId, ...credentials, ...more });
}
