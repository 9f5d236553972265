// What every fault test of Yandex AI Studio needs: the strict fake, a service account on it, a question, and its ledger.
import { generateKeyPairSync } from "node:crypto";
import type { ModelEvent, ModelRequest } from "@beseda/core";
import type { ServiceAccountKey } from "@beseda/providers/yandex";
import { onTestFinished } from "vitest";
import { fakeAccount, type LedgerEntry } from "../fakes/yandex/fake-service.ts";
import { startYandexServer, type YandexServer, type YandexServerOptions } from "../fakes/yandex/yandex-server.ts";

/** A server that closes after the test. */
export async function yandexServing(options: YandexServerOptions = {}): Promise<YandexServer> {
  const server = await startYandexServer(options);
  onTestFinished(() => server.close());
  return server;
}

const pair = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});

/** The key file of the account of the fake, which from now on knows it. */
export function accountKey({ identities }: YandexServer): ServiceAccountKey {
  identities.publicKeys.set("ajkey", pair.publicKey);
  return { id: "ajkey", service_account_id: fakeAccount.serviceAccountId, private_key: pair.privateKey };
}

/** A request of one question. */
export function question(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [{ role: "user" as const, content: text }];
  return { instructions: "", messages, tools: [], toolChoice: "auto", reasoning: "off", settings: {}, ...more };
}

/** The text that is left when all is said. */
export function textOf(events: readonly ModelEvent[]): string {
  return events.reduce((text, event) => {
    if (event.type === "text-replace") return event.text;
    return event.type === "text-delta" ? text + event.text : text;
  }, "");
}

export const completionPath = "/foundationModels/v1/completion";
export const asyncPath = "/foundationModels/v1/completionAsync";
export const tokenPath = "/iam/v1/tokens";

export function requestsTo({ ledger }: Pick<YandexServer, "ledger">, path: string): LedgerEntry[] {
  return ledger.filter((entry) => entry.path === path);
}

export function billedIn({ ledger }: Pick<YandexServer, "ledger">): LedgerEntry[] {
  return ledger.filter(({ billed }) => billed);
}

/** What the user of a request over the native API has asked last. */
export function askedIn({ body }: LedgerEntry): string {
  return (body as { messages?: { text?: string }[] }).messages?.at(-1)?.text ?? "";
}
