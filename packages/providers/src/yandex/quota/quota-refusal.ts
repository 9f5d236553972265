// How the service says that a quota is used up, read from the text of the error: there is no field for it.
import type { BesedaError } from "@beseda/core";

/**
 * `gauge`: so many at once; a place is free as soon as one ends. `rate`: so many in a window; `windowMs` is undefined where
 * the name of the quota does not tell.
 */
export type QuotaRefusal = { id: string; allowed: number } & (
  | { kind: "gauge" }
  | { kind: "rate"; window: QuotaWindow | undefined }
);

export type QuotaWindow = keyof typeof windowsMs;

export const windowsMs = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** `ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests`, and undefined for any other text. */
export function quotaRefusal({ message }: BesedaError): QuotaRefusal | undefined {
  const [, id, kind, number] = /(\S+) (gauge|rate) quota limit exceed\w*: allowed (\d+)/.exec(message) ?? [];
  if (id === undefined) return undefined;
  const allowed = Number(number);
  if (kind === "gauge") return { id, allowed, kind };
  const window = /Per(Second|Minute|Hour|Day)\b/.exec(id)?.[1]?.toLowerCase() as QuotaWindow | undefined;
  return { id, allowed, kind: "rate", window };
}
