// Waiting for the moment at which something was recorded.
import { waited } from "../http/wait.ts";

/** Resolves at `at` milliseconds after `start`, as `performance.now()` counts; an aborted signal throws its reason. */
export async function waitUntil(at: number, start: number, signal?: AbortSignal): Promise<void> {
  const left = start + at - performance.now();
  if (left > 0) await waited(left, signal);
}
