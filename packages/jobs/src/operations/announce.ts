// That an operation is done is told by a job of its own, so that it is told whatever happens to whoever finished it.
import type { Job, JobEngine } from "@beseda/core";
import type { RunSpec } from "./run-spec.ts";

/** The kind of jobs that deliver webhooks. */
export const webhookKind = "webhook";

/** Plain data. */
export type WebhookSpec = { operationId: string; url: string };

export function webhookIdOf(operationId: string): string {
  return `${operationId}/webhook`;
}

/** To be called just before the operation is done: the delivery waits until it is. There is one, however often this is called. */
export async function announce(engine: JobEngine, { id, queue, spec }: Job): Promise<void> {
  const { webhook } = spec as unknown as RunSpec;
  if (webhook === undefined) return;
  await engine.create({ id: webhookIdOf(id), queue, kind: webhookKind, spec: { operationId: id, url: webhook } });
}
