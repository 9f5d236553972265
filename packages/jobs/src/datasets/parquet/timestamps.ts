// Points in time as Parquet counts them, and as ISO 8601 in UTC with all of their digits.

/** @param nanos since 1970 */
export function isoOfNanos(nanos: bigint): string {
  return isoOf(nanos, 1_000_000n, 9);
}

/** @param micros since 1970 */
export function isoOfMicros(micros: bigint): string {
  const count = Number(micros);
  if (!Number.isSafeInteger(count)) return isoOf(micros, 1_000n, 6);
  const millis = Math.floor(count / 1_000);
  const rest = count - millis * 1_000;
  return rest === 0 ? isoOfMillis(millis) : withDigits(isoOfMillis(millis), String(rest).padStart(3, "0"));
}

/** Beyond the years that a Date knows, it is the number as a text. */
export function isoOfMillis(millis: number): string {
  return Math.abs(millis) <= mostMillis ? new Date(millis).toISOString() : String(millis);
}

const mostMillis = 8_640_000_000_000_000;

function isoOf(count: bigint, inMilli: bigint, digits: number): string {
  const rest = ((count % inMilli) + inMilli) % inMilli;
  const iso = isoOfMillis(Number((count - rest) / inMilli));
  return rest === 0n
    ? iso
    : withDigits(
        iso,
        String(rest)
          .padStart(digits - 3, "0")
          .replace(/^(\d{3})0+$/, "$1"),
      );
}

function withDigits(iso: string, digits: string): string {
  return iso.endsWith("Z") ? `${iso.slice(0, -1)}${digits}Z` : iso;
}

/** Microseconds since 1970, further digits cut off; nothing for what is no time. Without a zone it is in UTC. */
export function fromIso(text: string): bigint | undefined {
  const [, day, time = "T00:00:00", fraction = "", zone = "Z"] = iso.exec(text) ?? [];
  if (!day) return undefined;
  const millis = Date.parse(`${day}${time.replace(" ", "T")}${zone}`);
  if (Number.isNaN(millis)) return undefined;
  return BigInt(millis) * 1_000n + BigInt(fraction.slice(0, 6).padEnd(6, "0"));
}

const iso = /^([+-]?\d{4,6}-\d\d-\d\d)(?:([T ]\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,12}))?(Z|[+-]\d\d:\d\d)?)?$/;
