// Times as people and programs write them: ISO 8601, to the letter.
import { BesedaError } from "@beseda/core";

const form = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * In UTC, such as 2026-01-31T08:00:00.000Z. A day that no month has is refused, and so is a time without its zone, which
 * would mean another moment on each machine.
 * @throws BesedaError `invalid-argument`, with `what` as the name of the setting
 */
export function readIsoTime(time: string | Date, what: string): string {
  const ms = time instanceof Date ? time.getTime() : readText(time);
  if (Number.isFinite(ms)) return new Date(ms).toISOString();
  throw new BesedaError(`${what}: "${time}" is no time.`, {
    code: "invalid-argument",
    hint: "Give a time of ISO 8601 with its zone, such as 2026-01-31T08:00:00Z or 2026-01-31T11:00:00+03:00.",
  });
}

const dayMs = 24 * 3_600_000;

/** So many milliseconds from now, a day at most: some of them are asked for by services, which may say anything. */
export function isoIn(ms: number): string {
  return new Date(Date.now() + Math.min(ms, dayMs)).toISOString();
}

function readText(text: unknown): number {
  const day = typeof text === "string" ? form.exec(text)?.[1] : undefined;
  // JavaScript takes 31 February for 3 March.
  if (day === undefined || !isDay(day)) return Number.NaN;
  return Date.parse(String(text));
}

function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().startsWith(day);
}
