// The table of the benchmark: medians, and the ratio of each round with its quartiles.
export type Row = { title: string; unit: string; reference: number[]; ours: number[] };

export function printTable(rows: readonly Row[], rounds: number, freshRounds: number): void {
  const lines = rows.map(({ title, unit, reference, ours }) => {
    const ratios = ours.map((value, round) => value / (reference[round] ?? Number.NaN));
    const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share).toFixed(2));
    const cost = [reference, ours].map((values) => `${quantile(values, 0.5).toFixed(1)} ${unit}`);
    return [title, ...cost, `${middle}x`, `${low}x to ${high}x`];
  });
  const table = [["", "hand-written", "beseda", "ratio", "quartiles"], ...lines];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  for (const line of table) {
    const [title = "", ...figures] = line.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log([title, ...figures].join("   "));
  }
  console.log(
    `Medians of ${rounds} interleaved rounds, of sessions ${freshRounds}. A ratio compares the values of one round.`,
  );
}

/** Linear between neighbours; `share` from 0 to 1. */
function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
