// How far a batch is, as one line: a bar that fits the terminal, or a sentence for a log. Pure.
import { countText, durationText, moneyText, shortCount } from "./progress-figures.ts";

export type Progress = {
  /** Not known before the rows are counted. */
  rows: number | undefined;
  finished: number;
  failed: number;
  tokens: number;
  cost?: Readonly<Record<string, number>> | undefined;
  rowsPerSecond?: number | undefined;
  /** What is being done where rows do not tell, such as `writing the output`. */
  state?: string | undefined;
  /** Why it does not go on as it should, such as that its last attempt has failed. */
  problem?: string | undefined;
};

/** The bar's own narrowest and widest. */
const narrowest = 8;
const widest = 30;

/** What matters least is left out first where the line is too narrow. */
export function barLine(progress: Progress, width: number): string {
  const { rows, state } = progress;
  if (!rows) return (state ?? "reading the rows").slice(0, width);
  const share = shareOf(progress);
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  const all = countText(rows);
  const count = `${countText(progress.finished).padStart(all.length)}/${all}`;
  const wanted = figuresOf(progress);
  const kept = new Set<string>();
  let room = width - percent.length - count.length - gap.length;
  for (const { name, text } of wanted.toSorted((a, b) => a.rank - b.rank)) {
    if (text.length + gap.length > room) continue;
    kept.add(name);
    room -= text.length + gap.length;
  }
  const barWidth = Math.min(widest, room - gap.length);
  const bar = barWidth >= narrowest ? [barOf(share, barWidth)] : [];
  const figures = wanted.filter(({ name }) => kept.has(name)).map(({ text }) => text);
  // Digits that are cut off would be another number.
  return room < 0 ? percent.slice(0, width) : [percent, ...bar, count, ...figures].join(gap);
}

/** The same for a log, whole. */
export function progressSentence(progress: Progress): string {
  const { rows, finished, state } = progress;
  if (!rows) return state ?? "reading the rows";
  const head = `${countText(finished)} of ${countText(rows)} rows (${Math.floor(shareOf(progress) * 100)} %)`;
  return [head, ...figuresOf(progress).map(({ text }) => text)].join(", ");
}

const gap = "  ";

/** In the order in which they are shown; `rank` 1 is kept longest. */
function figuresOf({ rows = 0, finished, failed, tokens, cost, rowsPerSecond, state }: Progress) {
  const left = rows - finished;
  const isKnown = cost !== undefined && Object.keys(cost).length > 0;
  const figures = [
    { name: "pace", rank: 3, text: rowsPerSecond ? `${paceText(rowsPerSecond)} rows/s` : "" },
    { name: "tokens", rank: 5, text: tokens > 0 ? `${shortCount(tokens)} tokens` : "" },
    { name: "cost", rank: 4, text: isKnown ? moneyText(cost) : "" },
    { name: "failed", rank: 1, text: failed > 0 ? `${countText(failed)} failed` : "" },
    { name: "left", rank: 2, text: rowsPerSecond && left > 0 ? `ETA ${durationText(left / rowsPerSecond)}` : "" },
    { name: "state", rank: 6, text: state ?? "" },
  ];
  return figures.filter(({ text }) => text !== "");
}

function shareOf({ rows, finished }: Progress): number {
  return rows ? Math.min(1, finished / rows) : 0;
}

function barOf(share: number, width: number): string {
  const full = Math.floor(share * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

function paceText(rowsPerSecond: number): string {
  return rowsPerSecond >= 10 ? countText(Math.round(rowsPerSecond)) : rowsPerSecond.toFixed(1);
}
