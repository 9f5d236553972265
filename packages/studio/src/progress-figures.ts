// Figures for people: counts, tokens, money, spans of time.

/** `12,345` */
export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

/** `1 row`, `12,345 rows` */
export function rowsText(rows: number): string {
  return `${countText(rows)} ${rows === 1 ? "row" : "rows"}`;
}

/** `950`, `12.3k`, `4.5M` */
export function shortCount(count: number): string {
  const units = ["", "k", "M", "G"];
  let unit = 0;
  let left = count;
  while (left >= 999.95 && unit < units.length - 1) {
    left /= 1_000;
    unit++;
  }
  return `${unit === 0 ? Math.round(left) : Math.round(left * 10) / 10}${units[unit]}`;
}

/** `12.40 RUB`, several currencies side by side; of less than one, four places. */
export function moneyText(cost: Readonly<Record<string, number>>): string {
  const amounts = Object.entries(cost).map(([currency, amount]) => `${amount.toFixed(amount < 1 ? 4 : 2)} ${currency}`);
  return amounts.join(" + ");
}

/** `8 s`, `2 min 5 s`, `3 h 12 min`, `4 d 6 h` */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [
    Math.floor(whole / 86_400),
    Math.floor(whole / 3_600) % 24,
    Math.floor(whole / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${whole} s`;
}
