// The work on a job of kind `webhook`: tells an address that an operation is done, until it has heard.
import { BesedaError, type Job, type JsonValue, type Lease, toBesedaError } from "@beseda/core";
import { post } from "@beseda/core/http";
import { plainError } from "../worker/job-error.ts";
import type { Perform } from "../worker/workplace.ts";
import type { WebhookSpec } from "./announce.ts";
import { operationOf } from "./operation-handle.ts";
import { signedHeaders } from "./sign-webhook.ts";

/** After each delivery that has failed, in seconds: more than a day in all. */
const pauses = [5, 30, 120, 600, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200];
const limitMs = 10_000;
/** How soon it is looked again whether the operation is done: it was about to be. */
const lookMs = 250;

export const performWebhook: Perform = async (lease, { engine, webhookSecret }) => {
  const { operationId, url } = lease.job.spec as WebhookSpec;
  const job = await engine.get(operationId);
  if (!job) return lease.finish({ error: plainError(forgotten(operationId)) });
  if (job.state !== "done") return lease.release(timeIn(lookMs));
  if (webhookSecret === undefined) return tryAgain(lease, noSecret());
  try {
    await deliver({ id: lease.job.id, url, body: bodyOf(job), secret: webhookSecret });
  } catch (error) {
    return tryAgain(lease, toBesedaError(error));
  }
  await lease.finish({ response: { deliveredAt: new Date().toISOString() } });
};

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
async function tryAgain(lease: Lease, error: BesedaError): Promise<void> {
  const deliveries = Number(lease.job.metadata.deliveries ?? 0) + 1;
  const seconds = pauses[deliveries - 1];
  const metadata: Record<string, JsonValue> = { deliveries, problem: error.advice };
  await lease.report({ metadata });
  if (seconds === undefined || error.status === 410) return lease.finish({ error: plainError(error) });
  await lease.release(timeIn(Math.max(seconds * 1_000 * (0.9 + 0.2 * Math.random()), error.retryAfterMs ?? 0)));
}

function timeIn(ms: number): string {
  return new Date(Date.now() + ms).toISOString();
}

function forgotten(id: string): BesedaError {
  return new BesedaError(`The operation ${id} was deleted before its webhook was delivered.`, { code: "not-found" });
}

function noSecret(): BesedaError {
  return new BesedaError("A webhook cannot be signed by this worker, which has no secret.", {
    code: "missing-setting",
    hint: "Give every process that works the same createJobs({ webhookSecret }).",
  });
}
