// One connection to Yandex AI Studio: who asks, in which folder, at which addresses. Everything of this package hangs on one.
import { BesedaError } from "@beseda/core";
import type { Guard, RetriedRequest, RetryPolicy } from "@beseda/core/http";
import type { Credentials } from "../auth/credentials.ts";
import { type CredentialSettings, toCredentials } from "../auth/to-credentials.ts";
import { toEndpoints, type YandexEndpoints } from "../endpoints.ts";
import { toPrices, type YandexPrices, yandexPrices } from "../prices/prices.ts";
import { QuotaDoor } from "../quota/quota-door.ts";
import type { QuotaName } from "../quota/quota-name.ts";
import { connectionGuard } from "./connection-guard.ts";

export type { QuotaName } from "../quota/quota-name.ts";

/** With one credential of `CredentialSettings`. */
export type YandexSettings = CredentialSettings & {
  /** Such as `b1g…`. Not needed where models are named by a whole URI. */
  folderId?: string | undefined;
  /** Where it is left to another server: a test's, a proxy's. */
  endpoints?: Partial<YandexEndpoints> | undefined;
  /** PEM, of the authorities that gRPC trusts in place of the usual ones. For servers of your own. */
  rootCertificates?: string | undefined;
  /** `false` asks the service not to keep what is said. It does unless it is asked. */
  dataLogging?: boolean | undefined;
  /**
   * Refusals by a quota and dead tokens are not counted: a call waits for room as long as others of the connection get on,
   * and `longestWaitMs` (here 90,000 unless it is set) where nothing moves.
   */
  retry?: RetryPolicy | undefined;
  /** By which replies get their `cost`. Default `yandexPrices`; `false` leaves the cost out. */
  prices?: YandexPrices | false | undefined;
};

export type YandexCall = {
  /** Which endpoint, and the path on it. A call without a body is a GET. */
  at: "llm" | "openai" | "operation";
  path: string;
  body?: string | undefined;
  quota: QuotaName;
  signal?: AbortSignal | undefined;
  untilSent?: AbortSignal | undefined;
};

/** Shared by all that is made with it: one token, one count of what runs. */
export interface YandexConnection {
  readonly folderId: string | undefined;
  readonly endpoints: Readonly<YandexEndpoints>;
  /** PEM. */
  readonly rootCertificates: string | undefined;
  readonly credentials: Credentials;
  /** Headers of every request but `authorization`, in gRPC its metadata: the opt-out of data logging. */
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetryPolicy | undefined;
  /** `false` where costs are left out. */
  readonly prices: YandexPrices | false;
  /** Brings the credentials, waits for room, and says what errors mean. */
  guard(quota: QuotaName): Guard;
  /** A call as core/http takes it. */
  request(call: YandexCall): RetriedRequest;
}

/** @throws BesedaError `missing-setting` without credentials, `invalid-argument` for settings that cannot be right */
export function yandexConnection(settings: YandexSettings): YandexConnection {
  const { iamToken, dataLogging, retry, rootCertificates, prices = yandexPrices } = settings;
  const endpoints = toEndpoints(settings.endpoints);
  const folderId = toFolderId(settings.folderId);
  const credentials = toCredentials(settings, endpoints, retry);
  const headers = {
    // Users' tokens need it, and a token that was given may be a user's. Of a service account, whose keys and renewed
    // tokens are the others, the service knows the folder, and wants the header left out.
    ...(iamToken && folderId !== undefined && { "x-folder-id": folderId }),
    ...(dataLogging === false && { "x-data-logging-enabled": "false" }),
  };
  const guards = new Map<QuotaName, Guard>();
  const guard = (quota: QuotaName): Guard => {
    const known = guards.get(quota) ?? connectionGuard(credentials, new QuotaDoor(retry?.longestWaitMs), quota);
    guards.set(quota, known);
    return known;
  };
  return {
    folderId,
    endpoints,
    rootCertificates,
    credentials,
    headers,
    retry,
    prices: prices && toPrices(prices),
    guard,
    request: ({ at, path, body, quota, signal, untilSent }) => ({
      url: endpoints[at] + path,
      headers: {
        ...headers,
        ...(at === "openai" && folderId !== undefined && { "openai-project": folderId }),
        "x-client-request-id": crypto.randomUUID(),
      },
      body,
      signal,
      untilSent,
      retry,
      guard: guard(quota),
    }),
  };
}

function toFolderId(given: string | undefined): string | undefined {
  const folderId = given?.trim() || undefined;
  // A key in the wrong variable would be sent as a part of names, and repeated in errors.
  const isSecret = /\b(AQVN|t1\.)/.test(folderId ?? "");
  if (folderId === undefined || (/^[\w.-]+$/.test(folderId) && !isSecret)) return folderId;
  const what = isSecret ? "What was given as folderId, a key or a token," : `"${folderId}"`;
  throw new BesedaError(`${what} cannot be the id of a folder.`, {
    code: "invalid-argument",
    hint: "It looks like b1g… and is on the page of the folder in the console.",
  });
}
