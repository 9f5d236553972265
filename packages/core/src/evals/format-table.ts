// A report for people: a line for each case, the means, and what was wrong with those that did not pass.
import { displayWidth, fitted, oneLine, padded } from "./display-width.ts";
import { type EvalReport, type EvalResult, meanScore } from "./report.ts";

type Column = { title: string; cells: string[] };

/** `width` is that of the terminal, in columns. Default 100. Many scorers may need more. */
export function formatTable(report: EvalReport, { width = 100 }: { width?: number } = {}): string {
  const cases = byCase(report);
  const figures = [...report.scorers.map((scorer) => scoreColumn(report, cases, scorer)), ...countColumns(cases)];
  const figuresWidth = figures.reduce((sum, column) => sum + 2 + columnWidth(column), 0);
  const names: Column = {
    title: `${report.agent}, ${counted(cases.length, "case")}${report.trials > 1 ? ` × ${report.trials}` : ""}`,
    cells: [...cases.map((trials) => `${mark(trials)} ${oneLine(trials[0]?.name ?? "")}`), "mean"],
  };
  const nameWidth = Math.max(narrowestName, Math.min(columnWidth(names), width - figuresWidth));

  const line = (name: string, cellOf: (column: Column) => string) =>
    [
      padded(fitted(name, nameWidth), nameWidth, "left"),
      ...figures.map((column) => padded(cellOf(column), columnWidth(column), "right")),
    ]
      .join("  ")
      .trimEnd();
  const rule = "─".repeat(nameWidth + figuresWidth);
  const rows = names.cells.map((name, row) => line(name, ({ cells }) => cells[row] ?? ""));
  return [
    line(names.title, ({ title }) => title),
    rule,
    ...rows.slice(0, -1),
    rule,
    ...rows.slice(-1),
    "",
    ...report.results.filter(({ passed }) => !passed).flatMap((result) => wrongs(result, report, width)),
    summary(report),
  ].join("\n");
}

const narrowestName = 16;
const widestTitle = 14;

function byCase({ results, trials }: EvalReport): EvalResult[][] {
  const cases: EvalResult[][] = [];
  for (let at = 0; at < results.length; at += trials) cases.push(results.slice(at, at + trials));
  return cases;
}

function mark(trials: readonly EvalResult[]): string {
  const passed = trials.filter((result) => result.passed).length;
  const sign = passed === trials.length ? "✓" : "✗";
  return trials.length === 1 ? sign : `${sign} ${passed}/${trials.length}`;
}

function scoreColumn(report: EvalReport, cases: readonly EvalResult[][], scorer: string): Column {
  const cell = (results: readonly EvalResult[]) => meanScore(results, scorer)?.toFixed(2) ?? "–";
  return { title: fitted(oneLine(scorer), widestTitle), cells: [...cases.map(cell), cell(report.results)] };
}

function countColumns(cases: readonly EvalResult[][]): Column[] {
  const counts = [
    { title: "steps", of: ({ steps }: EvalResult) => steps },
    { title: "tokens", of: ({ usage }: EvalResult) => usage.totalTokens },
  ];
  return counts.map(({ title, of }) => {
    const mean = (results: readonly EvalResult[]) =>
      String(Math.round(results.reduce((sum, result) => sum + of(result), 0) / Math.max(1, results.length)));
    return { title, cells: [...cases.map(mean), mean(cases.flat())] };
  });
}

function columnWidth({ title, cells }: Column): number {
  return Math.max(...[title, ...cells].map(displayWidth));
}

function wrongs({ name, trial, answer, scores, error }: EvalResult, report: EvalReport, width: number): string[] {
  const reasons = error
    ? [`${error.code}: ${error.message}`]
    : Object.entries(scores)
        .filter(([, { score }]) => score < report.threshold)
        .map(([scorer, { score, reason }]) => `${scorer} ${score.toFixed(2)}${reason ? `: ${reason}` : ""}`);
  if (reasons.length === 0) reasons.push("No scorer had anything to say on it.");
  const title = `✗ ${name}${report.trials > 1 ? ` (${trial} of ${report.trials})` : ""}`;
  const lines = [title, ...(answer ? [`  answered: ${answer}`] : []), ...reasons.map((reason) => `  ${reason}`)];
  return [...lines.map((line) => fitted(indented(line), width)), ""];
}

function indented(line: string): string {
  return `${/^ */.exec(line)?.[0] ?? ""}${oneLine(line)}`;
}

function summary({ totals, timing }: EvalReport): string {
  const { results, passed, usage } = totals;
  return `${passed} of ${results} passed · ${usage.totalTokens} tokens · ${(timing.totalMs / 1000).toFixed(1)} s`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
