// How texts and numbers are written into the report.

/** Nothing that a row, a model or a service says becomes markup. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

/** `1,234`, `12.3`, `0.0045`. */
export function number(value: number): string {
  return Math.abs(value) >= 1_000 || Number.isInteger(value) ? whole.format(value) : fine.format(value);
}

/** `1.23M`, for axes and tiles. */
export function short(value: number): string {
  return Math.abs(value) < 1_000 ? fine.format(value) : compact.format(value);
}

export function percent(share: number): string {
  return new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 }).format(share);
}

/** `420 ms`, `3.2 s`, `5 min 20 s`, `2 h 5 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return `${fine.format(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${whole.format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

export function money(amount: number, currency: string): string {
  const digits = Math.abs(amount) < 1 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 2 };
  return `${new Intl.NumberFormat("en-US", digits).format(amount)} ${escaped(currency)}`;
}
