// Where the service lives: one origin for each of its doors.
import { BesedaError } from "@beseda/core";

/** Origins, such as `https://llm.api.cloud.yandex.net` or `http://127.0.0.1:8080`. */
export type YandexEndpoints = {
  /** Text generation, tokenizer, embeddings, classifiers, images. */
  llm: string;
  /** The OpenAI-compatible API; `/v1` is added. */
  openai: string;
  operation: string;
  iam: string;
  /** Datasets, tuning and batches. `http:` is gRPC without TLS, for servers of your own. */
  grpc: string;
  /** The metadata server of a virtual machine. */
  metadata: string;
};

export const yandexEndpoints: Readonly<YandexEndpoints> = {
  llm: "https://llm.api.cloud.yandex.net",
  openai: "https://ai.api.cloud.yandex.net",
  operation: "https://operation.api.cloud.yandex.net",
  iam: "https://iam.api.cloud.yandex.net",
  grpc: "https://llm.api.cloud.yandex.net",
  metadata: "http://169.254.169.254",
};

/** @throws BesedaError `invalid-argument` for what is no origin */
export function toEndpoints(declared: Partial<YandexEndpoints> = {}): YandexEndpoints {
  const endpoints = { ...yandexEndpoints };
  for (const [door, origin] of Object.entries(declared) as [keyof YandexEndpoints, string | undefined][]) {
    if (origin !== undefined) endpoints[door] = toOrigin(origin, door);
  }
  return endpoints;
}

function toOrigin(text: string, door: string): string {
  try {
    const { protocol, origin, href } = new URL(text.trim());
    // Nothing of what was given is dropped in silence: no path, no query, no password.
    if (/^https?:$/.test(protocol) && href === `${origin}/`) return origin;
  } catch {}
  throw new BesedaError(`The endpoint ${door} of Yandex AI Studio is not an origin.`, {
    code: "invalid-argument",
    hint: "Give scheme, host and port alone, such as http://127.0.0.1:8080.",
  });
}
