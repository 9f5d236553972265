// What an error of the service means here: its code, and the next step. Pure.
import type { BesedaError, ErrorCode } from "@beseda/core";
import type { QuotaName } from "../quota/quota-name.ts";
import { quotaRefusal } from "../quota/quota-refusal.ts";

type Meaning = { code?: ErrorCode; hint: string };

/**
 * The same error with a code and a hint by what the service has said. The texts were collected from real replies; where
 * none of them fits, the status decides.
 */
export function toYandexError(error: BesedaError, quota?: QuotaName): BesedaError {
  const meaning = meaningOf(error, quota);
  const next = meaning?.hint ?? error.hint ?? usualHint(error);
  const ids = forSupport(error);
  // It may have been through here before.
  const hint = next.includes(ids) ? next : `${next} ${ids}`.trim();
  return error.with({ code: meaning?.code ?? error.code, hint: hint || undefined });
}

function meaningOf(error: BesedaError, quota: QuotaName | undefined): Meaning | undefined {
  const { message, status } = error;
  for (const [pattern, meaning] of meanings) {
    const match = pattern.exec(message);
    if (match) return typeof meaning === "function" ? meaning(match) : meaning;
  }
  if (status === 401) return { hint: unknownCredentials };
  if (status === 403) return { hint: roleHint(quota) };
  // gRPC's CANCELLED: an operation that was called off.
  if (status === 499) return { code: "aborted", hint: "It was called off. Begin it anew, if it is still wanted." };
  if (status === 501) return { hint: askSupportWhy };
  if (status === 404 && namesModel(quota))
    return { hint: "yandex.models(), or “beseda models”, tells which models there are." };
  return status === 429 ? quotaMeaning(error) : undefined;
}

const askSupportWhy = "The service cannot do this as yet: its support can say more, and wants the id of the request.";

/** For errors of 200 replies and of operations, which come without one. */
function usualHint({ code, isRetryable }: BesedaError): string {
  if (code === "aborted") return "";
  return isRetryable
    ? "Try again later; if it stays so, the support of the service wants the id of the request."
    : "Sending the same again will not help: the request has to be changed.";
}

const unknownCredentials =
  "API keys are made for a service account: yc iam api-key create --service-account-name <name> --scopes yc.ai.foundationModels.execute. IAM tokens live 12 hours at most: a service-account key (serviceAccountKey) renews them by itself.";

const makeTooLong =
  "Send less: a shorter window of the thread, shorter documents. Or ask a model with a longer context.";

const meanings: readonly (readonly [RegExp, Meaning | ((match: RegExpExecArray) => Meaning)])[] = [
  [/unknown api.?key/i, { code: "unauthorized", hint: `The API key is not known. ${unknownCredentials}` }],
  [/api.?key has expired/i, { code: "unauthorized", hint: `The API key has expired. ${unknownCredentials}` }],
  [
    /folder id '([^']*)' does not match with service account folder id '([^']*)'/i,
    ([, asked, own]) => ({
      code: "invalid-argument",
      hint: `Set folderId (YC_FOLDER_ID) to ${own}, or use the key of a service account that belongs to the folder ${asked}.`,
    }),
  ],
  [
    /failed to get model/i,
    {
      code: "not-found",
      hint: "There is no such model, or not in this folder: yandex.models(), or “beseda models”, tells which there are.",
    },
  ],
  [
    /failed to parse model uri/i,
    {
      code: "invalid-argument",
      hint: "Models are named like yandexgpt/latest or gpt://<folder>/yandexgpt/latest: yandex.models(), or “beseda models”, tells which there are.",
    },
  ],
  [/number of input tokens must be no more than/i, { code: "too-large", hint: makeTooLong }],
  [
    /text length is (\d+), which is outside the range/i,
    ([, length]) =>
      length === "0"
        ? { code: "invalid-argument", hint: "A text is empty: leave it out, or fill it." }
        : { code: "too-large", hint: makeTooLong },
  ],
  [
    /empty message text/i,
    { code: "invalid-argument", hint: "A message of the thread has no text: leave it out, or fill it." },
  ],
  [
    /generate an image.*(violate|terms)/i,
    { code: "rejected", hint: "The moderation of the service refuses this picture: ask for it in other words." },
  ],
  [/invalid temperature value/i, { code: "invalid-argument", hint: "The temperature has to be from 0 to 1." }],
];

/** Of the others a 404 is more likely about an id. */
function namesModel(quota: QuotaName | undefined): boolean {
  return quota !== undefined && quota !== "operation" && quota !== "responses";
}

function roleHint(quota: QuotaName | undefined): string {
  const [role, scope] = rolesFor(quota);
  return `Give the service account the role ${role} on the folder; an API key needs the scope ${scope} too.`;
}

/** Role and scope of an API key. */
function rolesFor(quota: QuotaName | undefined): [role: string, scope: string] {
  switch (quota) {
    case "image":
      return ["ai.imageGeneration.user", "yc.ai.imageGeneration.execute"];
    case "responses":
      return ["ai.assistants.editor and ai.languageModels.user", "yc.ai.foundationModels.execute"];
    case "operation":
    case undefined:
      return [
        "that it needs (ai.languageModels.user for texts, ai.imageGeneration.user for images)",
        "yc.ai.foundationModels.execute",
      ];
    default:
      return ["ai.languageModels.user", "yc.ai.languageModels.execute"];
  }
}

const askSupport = "The support of the cloud makes quotas larger.";

function quotaMeaning(error: BesedaError): Meaning | undefined {
  const refusal = quotaRefusal(error);
  if (!refusal) return undefined;
  const { id, allowed } = refusal;
  if (allowed === 0) return { code: "rate-limited", hint: `The quota ${id} is 0. ${askSupport}` };
  if (refusal.kind === "gauge") {
    return { code: "rate-limited", hint: `The quota ${id} allows ${allowed} at once. ${askSupport}` };
  }
  const { window } = refusal;
  const wait = window === "hour" || window === "day" ? ` Wait until the ${window} has passed.` : "";
  return {
    code: "rate-limited",
    hint: `The quota ${id} allows ${allowed} requests per ${window ?? "window of time"}.${wait} ${askSupport}`,
  };
}

/** Both ids, which the support asks for. */
function forSupport({ requestId, traceId }: BesedaError): string {
  if (!requestId || !traceId || requestId === traceId) return "";
  return `For the support: request ${requestId}, trace ${traceId}.`;
}
