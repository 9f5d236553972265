// That an operation is done is told by a job of its own, so that it is told whatever happens to whoever finished it.
import type { Job, JobEngine } from "@beseda/core";
import type { RunSpec } from "./run-spec.ts";

/** The kind of jobs that deliver webhooks. */
export const webhookKind = "webhook";

/** Plain data. */
export type WebhookSpec = { operationId: string; url: string };

/** Of this very operation: another one that had its id before, or will have it, has another webhook. */
export function webhookIdOf({ id, spec }: Job): string | undefined {
  const { webhook } = spec as unknown as RunSpec;
  return webhook && `${id}/webhook/${webhook.nonce}`;
}

/** To be called just before the operation is done: the delivery waits until it is. There is one, however often this is called. */
export async function announce(engine: JobEngine, job: Job): Promise<void> {
  const { webhook } = job.spec as unknown as RunSpec;
  const id = webhookIdOf(job);
  if (!webhook || id === undefined) return;
  await engine.create({ id, queue: job.queue, kind: webhookKind, spec: { operationId: job.id, url: webhook.url } });
}
