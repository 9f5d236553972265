// The plots of the report, as SVG in the page: over the rows, and how values are spread.
import type { Histogram } from "../histogram.ts";
import { escaped, number, percent } from "./html.ts";

type Format = (value: number) => string;

const width = 400;
const height = 190;
const plot = { left: 48, right: 394, top: 12, bottom: 160 };

export type Series = { name: string; values: readonly number[] };

type OverRows = {
  title: string;
  series: readonly Series[];
  /** How many rows there are, which the values stand for evenly. */
  rows: number;
  format: Format;
};

/** A line for each series. */
export function linesOverRows({ title, series, rows, format }: OverRows): string {
  const top = niceTop(Math.max(0, ...series.flatMap(({ values }) => values)));
  const lines = series.map(({ values }, index) => {
    const points = values.map((value, at) => `${xOf(at, values.length)},${yOf(value, top)}`);
    // A single stretch is a point, which a line would not show.
    const drawn =
      points.length > 1
        ? points
        : [`${plot.left},${yOf(values[0] ?? 0, top)}`, `${plot.right},${yOf(values[0] ?? 0, top)}`];
    return `<polyline class="line s${index}" points="${drawn.join(" ")}"/>`;
  });
  return figure(title, [axes(top, format), rowLabels(rows), ...lines], series);
}

/** A bar for each stretch of rows, the series one upon the other. */
export function barsOverRows({ title, series, rows, format }: OverRows): string {
  const count = series[0]?.values.length ?? 0;
  const sums = Array.from({ length: count }, (_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0));
  const top = niceTop(Math.max(0, ...sums));
  const bars = Array.from({ length: count }, (_, at) => {
    let below = 0;
    return series.map(({ name, values }, index) => {
      const value = values[at] ?? 0;
      const bar = barOf({ at, count, from: below, to: below + value, top, style: `s${index}` });
      below += value;
      return `<g><title>${escaped(`${name}: ${format(value)}`)}</title>${bar}</g>`;
    });
  });
  return figure(title, [axes(top, format), rowLabels(rows), ...bars.flat()], series);
}

/** How many rows have which value, and the values that half, 90, 95 and 99 % are not above. */
export function spread(title: string, histogram: Histogram, format: Format): string {
  const bars = histogram.bars();
  const top = niceTop(Math.max(0, ...bars.map(({ count }) => count)));
  const drawn = bars.map(({ from, to, count }, at) => {
    const told = `${format(from)} to ${format(to)}: ${number(count)} rows (${percent(count / histogram.count)})`;
    return `<g><title>${escaped(told)}</title>${barOf({ at, count: bars.length, from: 0, to: count, top, style: "s0" })}</g>`;
  });
  // Of a single bar there is no middle.
  const labels = (bars.length === 1 ? [0, 1] : [0, 0.5, 1]).map((share) => {
    const at = Math.round(share * bars.length);
    const edge = bars[at]?.from ?? bars.at(-1)?.to ?? 0;
    return label(
      plot.left + (bars.length === 0 ? share : at / bars.length) * (plot.right - plot.left),
      format(edge),
      share,
    );
  });
  const cells = [
    ["p50", 0.5],
    ["p90", 0.9],
    ["p95", 0.95],
    ["p99", 0.99],
  ] as const;
  const percentiles = cells.map(
    ([name, share]) => `<div><dt>${name}</dt><dd>${format(histogram.percentile(share))}</dd></div>`,
  );
  const ends = `<div><dt>mean</dt><dd>${format(histogram.mean)}</dd></div>`;
  const most = `<div><dt>most</dt><dd>${format(histogram.most)}</dd></div>`;
  return figure(
    title,
    [axes(top, number), ...labels, ...drawn],
    [],
    `<dl class="row">${ends}${percentiles.join("")}${most}</dl>`,
  );
}

function figure(title: string, drawn: readonly string[], series: readonly Series[], below = ""): string {
  const legend =
    series.length < 2
      ? ""
      : `<p class="legend">${series.map(({ name }, index) => `<span><i class="s${index}"></i>${escaped(name)}</span>`).join("")}</p>`;
  return `<figure><figcaption>${escaped(title)}</figcaption>${legend}<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">${drawn.join("")}</svg>${below}</figure>`;
}

function axes(top: number, format: Format): string {
  const steps = [0, 0.5, 1].map((share) => {
    const y = yOf(share * top, top);
    const text = `<text x="${plot.left - 5}" y="${y + 4}" text-anchor="end">${escaped(format(share * top))}</text>`;
    return `<line class="grid" x1="${plot.left}" x2="${plot.right}" y1="${y}" y2="${y}"/>${text}`;
  });
  return steps.join("");
}

function rowLabels(rows: number): string {
  const at = [0, 0.5, 1].map((share) => {
    const row = Math.max(1, Math.round(share * rows));
    return label(plot.left + share * (plot.right - plot.left), share === 0 ? "row 1" : number(row), share);
  });
  return at.join("");
}

function label(x: number, text: string, share: number): string {
  const anchor = share === 0 ? "start" : share === 1 ? "end" : "middle";
  return `<text x="${round(x)}" y="${plot.bottom + 18}" text-anchor="${anchor}">${escaped(text)}</text>`;
}

type Bar = { at: number; count: number; from: number; to: number; top: number; style: string };

function barOf({ at, count, from, to, top, style }: Bar): string {
  const step = (plot.right - plot.left) / count;
  const gap = Math.min(1, step / 5);
  const y = yOf(to, top);
  const size = round(yOf(from, top) - y);
  return `<rect class="${style}" x="${round(plot.left + at * step)}" y="${y}" width="${round(step - gap)}" height="${size}"/>`;
}

function xOf(at: number, count: number): number {
  return round(plot.left + ((at + 0.5) / count) * (plot.right - plot.left));
}

function yOf(value: number, top: number): number {
  return round(plot.bottom - (value / top) * (plot.bottom - plot.top));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The next of 1, 2, 4, 5, 6, 8, 10 … above it. */
function niceTop(most: number): number {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const factor = [1, 2, 4, 5, 6, 8, 10].find((each) => each * power >= most) ?? 10;
  return factor * power;
}
