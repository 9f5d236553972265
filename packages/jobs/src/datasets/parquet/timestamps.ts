// Points in time as Parquet counts them, and as ISO 8601 in UTC with all of their digits.

/**
 * A time that is beyond the years of a Date (about ±275,000), such as the infinity of a database, is its microseconds since
 * 1970 as digits; these have 19 of them, so that they are taken for nothing else. One that is beyond 64 bits of them is null.
 */
type Time = string | null;

/** @param nanos since 1970 */
export function isoOfNanos(nanos: bigint): Time {
  return isoOf(nanos, 1_000_000n, 9);
}

/** @param micros since 1970 */
export function isoOfMicros(micros: bigint): Time {
  const count = Number(micros);
  if (!Number.isSafeInteger(count)) return isoOf(micros, 1_000n, 6);
  const millis = Math.floor(count / 1_000);
  const rest = count - millis * 1_000;
  const iso = new Date(millis).toISOString();
  return rest === 0 ? iso : withDigits(iso, String(rest).padStart(3, "0"));
}

/** @param millis since 1970 */
export function isoOfMillis(millis: bigint): Time {
  return isoOf(millis, 1n, 3);
}

/** `2026-01-31`; beyond the years of a Date, the days since 1970 as digits. */
export function isoOfDays(days: number): string {
  const millis = days * 86_400_000;
  return Math.abs(millis) <= mostMillis ? (new Date(millis).toISOString().split("T", 1)[0] as string) : String(days);
}

const mostMillis = 8_640_000_000_000_000;

function isoOf(count: bigint, inMilli: bigint, digits: number): Time {
  const rest = ((count % inMilli) + inMilli) % inMilli;
  const millis = Number((count - rest) / inMilli);
  if (millis >= mostMillis || millis < -mostMillis) return endOfTime(count, inMilli);
  const iso = new Date(millis).toISOString();
  if (rest === 0n) return iso;
  const further = String(rest).padStart(digits - 3, "0");
  return withDigits(iso, further.replace(/^(\d{3})0+$/, "$1"));
}

function endOfTime(count: bigint, inMilli: bigint): Time {
  const micros = (count * 1_000n) / inMilli;
  return BigInt.asIntN(64, micros) === micros ? String(micros) : null;
}

function withDigits(iso: string, digits: string): string {
  return `${iso.slice(0, -1)}${digits}Z`;
}

/** Microseconds since 1970, further digits cut off; nothing for what is no time. Without a zone it is in UTC. */
export function microsOf(text: string): bigint | undefined {
  const [, day, time = "T00:00:00", fraction = "", zone = "Z"] = iso.exec(text) ?? [];
  if (!day) return beyondDates(text);
  const millis = Date.parse(`${day}${time.replace(" ", "T")}${zone}`);
  if (Number.isNaN(millis) || !isThere(day)) return undefined;
  return BigInt(millis) * 1_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
}

const iso = /^((?:\d{4}|[+-]\d{6})-\d\d-\d\d)(?:([T ]\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,12}))?(Z|[+-]\d\d:\d\d)?)?$/;

/** Date.parse takes the 30th of February for the 2nd of March. */
function isThere(day: string): boolean {
  const ofMonth = Number(day.slice(-2));
  return ofMonth <= 28 || new Date(`${day}T00:00:00Z`).getUTCDate() === ofMonth;
}

function beyondDates(text: string): bigint | undefined {
  if (!/^-?\d{19}$/.test(text)) return undefined;
  const micros = BigInt(text);
  const isBeyond = (micros < 0n ? -micros : micros) >= BigInt(mostMillis) * 1_000n;
  return isBeyond && BigInt.asIntN(64, micros) === micros ? micros : undefined;
}
