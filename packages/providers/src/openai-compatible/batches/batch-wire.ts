// What goes over the wire: the files and batches of OpenAI, and the lines of a batch's files.
import type { JsonValue } from "@beseda/core";

export type WireFile = { id: string; filename?: string | null; bytes?: number | null };

export type WireBatch = {
  id: string;
  /** Others are taken for one that is not done. */
  status: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "expired" | "cancelling" | "cancelled";
  input_file_id?: string | null;
  output_file_id?: string | null;
  error_file_id?: string | null;
  metadata?: Record<string, string> | null;
  request_counts?: { total?: number | null; completed?: number | null; failed?: number | null } | null;
  /** Why it failed as a whole. `line` is that of the file of requests, from 1. */
  errors?: { data?: { code?: string | null; message?: string | null; line?: number | null }[] | null } | null;
} & Partial<Record<WireMoment, number | null>>;

/** Seconds since 1970. */
export type WireMoment = "created_at" | "expires_at" | (typeof moments)[number];

/** Of these the latest is when it was last heard of. */
export const moments = [
  "in_progress_at",
  "finalizing_at",
  "completed_at",
  "failed_at",
  "expired_at",
  "cancelling_at",
  "cancelled_at",
] as const;

export type WirePage<Item> = { data?: Item[] | null; has_more?: boolean | null };

/** A line of the file of replies or of errors. What failed over HTTP has a `response`, what was never asked an `error`. */
export type WireLine = {
  custom_id?: string | null;
  response?: { status_code?: number | null; request_id?: string | null; body?: JsonValue } | null;
  error?: { code?: string | null; message?: string | null } | null;
};
