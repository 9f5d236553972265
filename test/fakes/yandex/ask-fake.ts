// What the tests of the fake share: requests as a careful client sends them, and lines read back.
import type { YandexServer } from "./yandex-server.ts";

type Json = Record<string, unknown>;

export const folder = "b1gfake00000000000000";
export const yandexGpt = `gpt://${folder}/yandexgpt/latest`;
export const user = (text: string) => ({ role: "user", text });

export type Asked = { status: number; headers: Headers; body: Json };

/** The body of the answer is read and parsed. */
export async function ask(
  { origin, account }: YandexServer,
  path: string,
  body?: unknown,
  { method = body === undefined ? "GET" : "POST", headers = {} }: { method?: string; headers?: Json } = {},
): Promise<Asked> {
  const response = await fetch(origin + path, {
    method,
    headers: {
      authorization: `Api-Key ${account.apiKey}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(headers as Record<string, string>),
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
}

/** A question to `completion`; `added` goes over it. */
export function complete(server: YandexServer, added: Json = {}): Promise<Asked> {
  return ask(server, "/foundationModels/v1/completion", { modelUri: yandexGpt, messages: [user("2+2?")], ...added });
}

export function completeAsync(server: YandexServer, added: Json = {}, headers: Json = {}): Promise<Asked> {
  const body = { modelUri: yandexGpt, messages: [user("2+2?")], ...added };
  return ask(server, "/foundationModels/v1/completionAsync", body, { headers });
}

/** A stream of `completion`, all of it. */
export async function completeInLines(server: YandexServer, added: Json = {}): Promise<Json[]> {
  const response = await fetch(`${server.origin}/foundationModels/v1/completion`, {
    method: "POST",
    headers: { authorization: `Api-Key ${server.account.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({
      modelUri: yandexGpt,
      messages: [user("Count")],
      completionOptions: { stream: true },
      ...added,
    }),
  });
  const text = await response.text();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
