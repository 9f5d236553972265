// One connection to Yandex AI Studio: who asks, in which folder, at which addresses. Everything of this package hangs on one.
import { BesedaError } from "@beseda/core";
import type { Guard, RetriedRequest, RetryPolicy } from "@beseda/core/http";
import { type Credentials, fixedCredentials } from "./auth/credentials.ts";
import { toEndpoints, type YandexEndpoints } from "./endpoints.ts";

export type YandexSettings = {
  /** Such as `b1g…`. Not needed where models are named by a whole URI. */
  folderId?: string | undefined;
  /** Of a service account. */
  apiKey?: string | undefined;
  /** Lives 12 hours at most, and is not renewed: for programs that end sooner. */
  iamToken?: string | undefined;
  /** Where it is left to another server: a test's, a proxy's. */
  endpoints?: Partial<YandexEndpoints> | undefined;
  /** `false` asks the service not to keep what is said. It does unless it is asked. */
  dataLogging?: false | undefined;
  retry?: RetryPolicy | undefined;
};

/** Each method of the service has a quota of its own. */
export type QuotaName =
  | "completion"
  | "completion-async"
  | "operation"
  | "tokenizer"
  | "embedding"
  | "classification"
  | "image"
  | "openai"
  | "responses";

export type YandexCall = {
  /** Which endpoint, and the path on it. A call without a body is a GET. */
  at: "llm" | "openai" | "operation";
  path: string;
  body?: string | undefined;
  quota: QuotaName;
  signal?: AbortSignal | undefined;
};

/** Shared by all that is made with it: one token, one count of what runs. */
export interface YandexConnection {
  readonly folderId: string | undefined;
  readonly endpoints: Readonly<YandexEndpoints>;
  readonly credentials: Credentials;
  /** Headers of every request but `authorization`, in gRPC its metadata: the opt-out of data logging. */
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetryPolicy | undefined;
  /** Brings the credentials, waits for room, and says what errors mean. */
  guard(quota: QuotaName): Guard;
  /** A call as core/http takes it. */
  request(call: YandexCall): RetriedRequest;
}

export function yandexConnection(settings: YandexSettings): YandexConnection {
  const endpoints = toEndpoints(settings.endpoints);
  const credentials = toCredentials(settings);
  const headers = settings.dataLogging === false ? { "x-data-logging-enabled": "false" } : {};
  const guard = (_quota: QuotaName): Guard => ({
    begin: () => ({
      admit: async () => ({ authorization: await credentials.authorization() }),
      failed: (error) => ({ error }),
      end() {},
    }),
  });
  const { folderId, retry } = settings;
  return {
    folderId,
    endpoints,
    credentials,
    headers,
    retry,
    guard,
    request: ({ at, path, body, quota, signal }) => ({
      url: endpoints[at] + path,
      headers: { ...headers, "x-client-request-id": crypto.randomUUID() },
      body,
      signal,
      retry,
      guard: guard(quota),
    }),
  };
}

function toCredentials({ apiKey, iamToken }: YandexSettings): Credentials {
  if (apiKey) return fixedCredentials(`Api-Key ${apiKey.trim()}`);
  if (iamToken) return fixedCredentials(`Bearer ${iamToken.trim()}`);
  throw new BesedaError("No credentials for Yandex AI Studio are given.", {
    code: "missing-setting",
    hint: "Pass apiKey, iamToken or serviceAccountKey, or use yandexFromEnv() with YC_API_KEY.",
  });
}
