// The work on a job of kind `webhook`: tells an address that an operation is done, until it has heard.
import { BesedaError, type Job, type JobEngine, type JsonValue, type Lease, toBesedaError } from "@beseda/core";
import { post } from "@beseda/core/http";
import { isoIn } from "../iso-time.ts";
import { plainError } from "../worker/job-error.ts";
import type { Perform } from "../worker/workplace.ts";
import { type WebhookSpec, webhookIdOf } from "./announce.ts";
import { operationOf } from "./operation-handle.ts";
import { signedHeaders } from "./sign-webhook.ts";

/** After each delivery that has failed, in seconds: more than a day in all. */
const pauses = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200];
const limitMs = 10_000;
/** How soon it is looked again whether the operation is done: it was about to be. */
const lookMs = 250;

/** The performer that signs with this secret. */
export function webhookPerformer(secret: string): Perform {
  return async (lease, { engine }) => {
    const job = await operationFor(lease, engine);
    if (!job) return lease.finish({ error: plainError(forgotten(lease)) });
    if (job.state !== "done") return lease.release(isoIn(lookMs));
    const { url } = lease.job.spec as WebhookSpec;
    try {
      await deliver({ id: lease.job.id, url, body: bodyOf(job), secret });
    } catch (error) {
      return tryAgain(lease, toBesedaError(error));
    }
    await lease.finish({ response: { deliveredAt: new Date().toISOString() } });
  };
}

/** Not another one that was begun under the same id since. */
async function operationFor({ job: { id, spec } }: Lease, engine: JobEngine): Promise<Job | undefined> {
  const job = await engine.get((spec as WebhookSpec).operationId);
  return job && webhookIdOf(job) === id ? job : undefined;
}

/** The same in each delivery of it. */
function bodyOf(job: Job): string {
  const { error, ...operation } = operationOf(job);
  const data = error ? { ...operation, error: plainError(error) } : operation;
  return JSON.stringify({ type: "operation.done", timestamp: job.modifiedAt, data });
}

async function deliver({ id, url, body, secret }: { id: string; url: string; body: string; secret: string }) {
  const headers = { "content-type": "application/json", ...signedHeaders({ id, body, now: new Date() }, secret) };
  const limit = new BesedaError(`${new URL(url).origin} did not answer in ${limitMs} ms.`, { code: "timeout" });
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(limit), limitMs);
  try {
    const reply = await post(url, { headers, body, signal: stop.signal }, () => {});
    // That it was taken is all that counts.
    reply.abort();
  } finally {
    clearTimeout(timer);
  }
}

/** An address that says 410 wants nothing more of it. */
async function tryAgain(lease: Lease, thrown: BesedaError): Promise<void> {
  const error = thrown.status === undefined ? thrown : thrown.with({ hint });
  const deliveries = Number(lease.job.metadata.deliveries ?? 0) + 1;
  const seconds = pauses[deliveries - 1];
  const metadata: Record<string, JsonValue> = { deliveries, problem: error.advice };
  await lease.report({ metadata });
  if (seconds === undefined || error.status === 410) return lease.finish({ error: plainError(error) });
  await lease.release(isoIn(Math.max(seconds * 1_000 * (0.9 + 0.2 * Math.random()), error.retryAfterMs ?? 0)));
}

/** What is known of replies is meant for models. */
const hint = "Look at the address of the webhook, and at its receiver: it has to answer with 2xx.";

function forgotten({ job: { spec } }: Lease): BesedaError {
  const { operationId } = spec as WebhookSpec;
  return new BesedaError(`The operation ${operationId} was deleted before its webhook was delivered.`, {
    code: "not-found",
  });
}
