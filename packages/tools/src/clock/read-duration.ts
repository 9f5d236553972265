// Lengths of time as people and models write them, in English and Russian.
import { inputError } from "../input-error.ts";
import type { Duration } from "./wall-time.ts";

/**
 * "10 days", "-2 weeks", "1 year 6 months", "3 days ago", "через 2 часа", "P1M10D". A sign holds until the next one.
 * @throws BesedaError `invalid-argument`
 */
export function readDuration(text: string): Duration {
  const words = text.toLowerCase().trim();
  const total: Duration = { months: 0, days: 0, seconds: 0 };
  let sign = 1;
  let isEmpty = true;
  for (const { 1: signText, 2: amountText, 3: unitText } of (expanded(words) ?? words).matchAll(part)) {
    if (signText) sign = signText === "+" ? 1 : -1;
    const unit = units.find(({ names }) => names.test(unitText ?? ""));
    if (!unit) {
      if (amountText === undefined && fillers.test(unitText ?? "")) continue;
      throw notUnderstood(text);
    }
    const amount = Number((amountText ?? "1").replace(",", ".")) * unit.size * sign;
    if (!Number.isInteger(amount))
      throw inputError(`"${text.slice(0, 60)}" has a fraction of a day or more. Use whole numbers.`);
    if (Math.abs(amount) > 1e12) throw inputError("That is too long. Take a smaller amount.");
    total[unit.of] += amount;
    isEmpty = false;
  }
  if (isEmpty) throw notUnderstood(text);
  return /\b(?:ago|before|back)\b|назад/.test(words) ? negative(total) : total;
}

const part = /([+\-−])?\s*(\d+(?:[.,]\d+)?)?\s*(\p{L}+|\d+)/gu;
const fillers = /^(?:in|after|and|a|an|plus|ago|before|back|later|from|now|через|и|спустя|назад|после|плюс|на)$/;

const units: readonly { names: RegExp; of: keyof Duration; size: number }[] = [
  { names: /^(?:y|yrs?|years?|г|год(?:а|ов|у)?|лет)$/, of: "months", size: 12 },
  { names: /^(?:mo|mon|months?|мес|месяц(?:а|ев|ы)?)$/, of: "months", size: 1 },
  { names: /^(?:w|wks?|weeks?|нед|недел[яиюь])$/, of: "days", size: 7 },
  { names: /^(?:d|days?|д|дн|день|дня|дней|дни|сут(?:ки|ок)?)$/, of: "days", size: 1 },
  { names: /^(?:h|hrs?|hours?|ч|час(?:а|ов|ы)?)$/, of: "seconds", size: 3600 },
  { names: /^(?:m|mins?|minutes?|мин|минут[аыу]?)$/, of: "seconds", size: 60 },
  { names: /^(?:s|secs?|seconds?|с|сек|секунд[аыу]?)$/, of: "seconds", size: 1 },
];

/** P1Y2M3DT4H5M of ISO 8601 in words; undefined for anything else. */
function expanded(text: string): string | undefined {
  const iso =
    /^([+-])?p(?=.)(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)w)?(?:(\d+)d)?(?:t(?=\d)(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)?$/.exec(
      text,
    );
  if (!iso) return undefined;
  const [, sign = "", ...amounts] = iso;
  const names = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"];
  return sign + names.flatMap((name, index) => (amounts[index] ? [`${amounts[index]} ${name}`] : [])).join(" ");
}

function negative({ months, days, seconds }: Duration): Duration {
  return { months: -months, days: -days, seconds: -seconds };
}

function notUnderstood(text: string): Error {
  return inputError(
    `"${text.slice(0, 60)}" is not a length of time. Write it like "10 days", "-2 weeks" or "1 year 6 months".`,
  );
}
