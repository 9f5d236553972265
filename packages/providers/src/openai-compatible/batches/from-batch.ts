// A batch as the service tells of it, as an operation. Pure.
import { type BatchOutcome, BesedaError, type JsonValue, type Operation } from "@beseda/core";
import { moments, type WireBatch } from "./batch-wire.ts";

export function isOver({ status }: WireBatch): boolean {
  return ["completed", "failed", "expired", "cancelled"].includes(status);
}

export function fromBatch(batch: WireBatch): Operation<BatchOutcome> {
  const done = isOver(batch);
  const operation = {
    id: batch.id,
    done,
    createdAt: toTime(batch.created_at),
    modifiedAt: toTime(Math.max(0, ...moments.map((moment) => batch[moment] ?? 0))),
    metadata: metadataOf(batch),
  };
  if (!done) return operation;
  const error = failureOf(batch);
  return error ? { ...operation, error } : { ...operation, response: outcomeOf(batch) };
}

/** Why there is nothing to expect of it, or no more; nothing for one that was answered as far as there was time. */
export function failureOf(batch: WireBatch): BesedaError | undefined {
  if (batch.status === "cancelled") {
    return new BesedaError(`The batch ${batch.id} was cancelled.`, {
      code: "aborted",
      hint: "replies() has those that were answered before. To have all of them answered start it with another key.",
    });
  }
  if (batch.status !== "failed") return undefined;
  const [first, ...others] = batch.errors?.data ?? [];
  const line = first?.line ? `request ${first.line}: ` : "";
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  const why = first ? `: ${line}${first.message ?? first.code}${more}` : " without saying why.";
  // No more may be waiting for the model at once: it passes.
  const isFull = first?.code === "token_limit_exceeded";
  return new BesedaError(`The batch ${batch.id} failed${why}`, {
    code: isFull ? "rate-limited" : "rejected",
    isRetryable: isFull,
    hint: isFull
      ? "Start it again with the same key when other batches are done: nothing of this one was billed."
      : "Nothing of it was billed: change the requests, and start it again; the same key will do.",
  });
}

function metadataOf(batch: WireBatch): Record<string, JsonValue> {
  const { total, completed, failed } = batch.request_counts ?? {};
  return {
    status: batch.status,
    ...(total && { total, completed: completed ?? 0, failed: failed ?? 0 }),
    ...(batch.expires_at && { expiresAt: toTime(batch.expires_at) ?? null }),
    ...(batch.input_file_id && { inputFileId: batch.input_file_id }),
    ...(batch.output_file_id && { outputFileId: batch.output_file_id }),
    ...(batch.error_file_id && { errorFileId: batch.error_file_id }),
  };
}

/** Of one that has expired, what was not answered counts as failed. */
function outcomeOf({ request_counts: counts }: WireBatch): BatchOutcome {
  const { total, completed } = counts ?? {};
  if (typeof total !== "number" || typeof completed !== "number") return {};
  return { answered: completed, failed: total - completed };
}

function toTime(seconds: number | null | undefined): string | undefined {
  return seconds ? new Date(seconds * 1000).toISOString() : undefined;
}
