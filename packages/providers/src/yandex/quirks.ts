// How the families of models differ. Plain data, found by the name of the model: nothing else asks which one it is.
import type { ModelAbilities } from "@beseda/core";
import { type Quirks as ChatQuirks, quirks as serverQuirks } from "../openai-compatible/quirks.ts";
import { parseModelUri } from "./model-uri.ts";

export type YandexQuirks = {
  /** Through which API it is asked where nothing else is said. Models of others exist behind the OpenAI-compatible one only. */
  api: "native" | "openai";
  /** Whether it can be told to think, by `reasoningOptions` of the native API. What it thought is not told. */
  thinks: boolean;
  /** When the native API can hold an answer to a schema; about schemas beside tools it is silent. */
  outputSchema: NonNullable<ModelAbilities["outputSchema"]>;
  /** The most characters in one message of the native API. */
  longestText: number;
  /** The highest temperature that it takes behind the OpenAI-compatible API; over the others it is 1. */
  warmest: number;
  /** Whether the service takes batches for it. */
  batches: boolean;
  /** How it speaks behind the OpenAI-compatible API. */
  chat: ChatQuirks;
};

export type DeclaredQuirks = Partial<Omit<YandexQuirks, "chat">> & { chat?: Partial<ChatQuirks> | undefined };

/** Of models that Yandex did not make, dedicated instances among them. What is not known of a model is passed on. */
const open: YandexQuirks = {
  api: "openai",
  thinks: false,
  outputSchema: "without-tools",
  longestText: 100_000,
  warmest: 2,
  batches: true,
  chat: serverQuirks.yandex,
};

const own: YandexQuirks = {
  ...open,
  api: "native",
  warmest: 1,
  batches: false,
  // How hard to think is asked of gpt-oss and its like only.
  chat: { ...serverQuirks.yandex, leavesOut: [...serverQuirks.yandex.leavesOut, "reasoningEffort"] },
};

/** The first that fits `name/version`, or `name/version@tune`. */
const families: readonly [family: RegExp, quirks: YandexQuirks][] = [
  // Tuned models are Yandex's own underneath, and run beside them.
  [/@/, own],
  // YandexGPT Pro 5 has the mode; Pro 5.1, which is `rc` as yet, has none.
  [/^yandexgpt\/(latest|deprecated)$|^yandexgpt-5-pro\//, { ...own, thinks: true }],
  // Reported of mid 2026: a mark of its template leaks where a call is required.
  [/^aliceai/, { ...own, chat: { ...own.chat, strayText: "[TOOL_CALL_END]" } }],
  [/^yandexgpt/, own],
];

/** Those of the model's family, changed by what the user declares. */
export function quirksFor(modelUri: string, { chat, ...declared }: DeclaredQuirks = {}): YandexQuirks {
  const tail = tailOf(modelUri);
  const family = families.find(([each]) => each.test(tail))?.[1] ?? open;
  // The family's own object where nothing is changed: models that share one share the JSON of their messages.
  if (!chat && Object.keys(declared).length === 0) return family;
  return { ...family, ...declared, chat: { ...family.chat, ...chat } };
}

/** What the model is called without its folder: `yandexgpt/latest`. */
export function tailOf(modelUri: string): string {
  const uri = parseModelUri(modelUri);
  return uri ? `${uri.name}/${uri.version}${uri.tune ? `@${uri.tune}` : ""}` : modelUri;
}
