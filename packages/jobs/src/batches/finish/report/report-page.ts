// The report of a batch: one page that needs nothing else, to be read on a desk and on a phone.
import { basename } from "node:path";
import type { Manifest } from "../manifest.ts";
import { millionths, type RowStatistics, type Stretch } from "../row-statistics.ts";
import { barsOverRows, linesOverRows, spread } from "./charts.ts";
import { duration, escaped, money, number, percent, short } from "./html.ts";
import { style } from "./style.ts";

export function reportPage(manifest: Manifest, statistics: RowStatistics): string {
  const name = escaped(basename(manifest.output));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${name}: report of a batch</title>
<style>${style}</style>
</head>
<body>
<main>
<header><h1>${name}</h1><p>${escaped(subtitle(manifest))}</p></header>
${tiles(manifest)}
<h2>Over the rows</h2>
<section class="charts">${overRows(statistics)}</section>
<h2>How they are spread</h2>
<section class="charts">${spreads(statistics)}</section>
${errors(manifest, statistics)}
<h2>How it was made</h2>
${facts(manifest)}
</main>
</body>
</html>
`;
}

function subtitle({ agent, models, finishedAt }: Manifest): string {
  const asked = models.map(({ model }) => model).join(", ");
  return `${agent.name} · ${asked} · ${finishedAt.slice(0, 16).replace("T", " ")} UTC`;
}

function tiles({ rows, answered, failed, usage, cost, seconds, rowsPerSecond }: Manifest): string {
  const costs = Object.entries(cost ?? {}).map(([currency, amount]) => money(amount, currency));
  const all: [name: string, value: string, below: string][] = [
    ["Rows", number(rows), `${number(rowsPerSecond)} a second`],
    ["Answered", number(answered), percent(rows === 0 ? 0 : answered / rows)],
    ["Failed", number(failed), percent(rows === 0 ? 0 : failed / rows)],
    ["Tokens in", short(usage.inputTokens), `${number(usage.inputTokens / Math.max(1, rows))} a row`],
    ["Tokens out", short(usage.outputTokens), `${number(usage.outputTokens / Math.max(1, rows))} a row`],
    ["Cost", costs.join(" + ") || "unknown", costs.length > 0 ? "of what has a price" : "no price is known"],
    ["Time", duration(seconds * 1_000), "of work"],
  ];
  const shown = all.map(
    ([name, value, below]) =>
      `<div class="tile${name === "Failed" && failed > 0 ? " bad" : ""}"><dt>${name}</dt><dd>${value}</dd><small>${below}</small></div>`,
  );
  return `<dl class="tiles">${shown.join("")}</dl>`;
}

function overRows({ stretches, rows, cost }: RowStatistics): string {
  const of = (value: (stretch: Stretch) => number) => stretches.map(value);
  const charts = [
    linesOverRows({
      title: "Latency of a row",
      series: [
        { name: "half are faster", values: of(({ milliseconds }) => milliseconds.percentile(0.5)) },
        { name: "95 % are faster", values: of(({ milliseconds }) => milliseconds.percentile(0.95)) },
      ],
      rows,
      format: duration,
    }),
    barsOverRows({
      title: "Tokens of a row",
      series: [
        { name: "in", values: of((stretch) => stretch.inputTokens / stretch.rows) },
        { name: "out", values: of((stretch) => stretch.outputTokens / stretch.rows) },
      ],
      rows,
      format: short,
    }),
    ...[...cost.keys()].map((currency) =>
      barsOverRows({
        title: `Cost of a row, ${currency}`,
        series: [{ name: currency, values: of((stretch) => (stretch.cost[currency] ?? 0) / stretch.rows) }],
        rows,
        format: short,
      }),
    ),
    barsOverRows({
      title: "Rows that failed",
      series: [{ name: "failed", values: of((stretch) => stretch.failed / stretch.rows) }],
      rows,
      format: percent,
    }),
  ];
  return charts.join("");
}

function spreads({ milliseconds, inputTokens, outputTokens, cost }: RowStatistics): string {
  const charts = [
    spread("Latency", milliseconds, duration),
    spread("Tokens in", inputTokens, short),
    spread("Tokens out", outputTokens, short),
    ...[...cost].map(([currency, histogram]) =>
      spread(`Cost, ${currency}`, histogram, (value) => money(value / millionths, currency)),
    ),
  ];
  return charts.join("");
}

function errors({ failed, rows }: Manifest, { errors: kinds, failedRows }: RowStatistics): string {
  if (failed === 0) return "<h2>Errors</h2><p>None.</p>";
  const counted = [...kinds].sort(([, a], [, b]) => b - a);
  const byKind = table(
    ["Code", "Rows", "Share"],
    counted.map(([code, count]) => [code, number(count), percent(count / rows)]),
  );
  const first = table(
    ["Row", "Code", "What happened"],
    failedRows.map(({ number: row, code, message, hint }) => [
      number(row),
      code,
      [message, hint].filter(Boolean).join(" "),
    ]),
  );
  const title = failed > failedRows.length ? `The first ${failedRows.length} of them` : "Row by row";
  return `<h2>Errors</h2>${byKind}<h3>${title}</h3>${first}`;
}

function facts({
  dataset,
  agent,
  models,
  calls,
  concurrency,
  attempts,
  versions,
  finishReasons,
  ...rest
}: Manifest): string {
  const listed = (counts: Record<string, number>) =>
    Object.entries(counts).map(([kind, count]) => `${kind} ${number(count)}`);
  const rows: [string, string][] = [
    ["Data set", `${dataset.name}, ${number(dataset.rows)} rows, ${dataset.hash}`],
    ["Rows left out", number(dataset.badRows.count)],
    ["Agent", `${agent.name}, fingerprint ${agent.fingerprint}`],
    ["Models", models.map(({ model, versions: seen }) => [model, ...seen].join(", ")).join("; ")],
    ["Ended with", listed(finishReasons).join(", ")],
    ["Replies of models", number(rest.steps)],
    ["Calls of tools", number(rest.toolCalls)],
    ["Asked", rest.providerBatches > 0 ? `${calls}, ${number(rest.providerBatches)} batches of the provider` : calls],
    ["Rows at once", number(concurrency)],
    ["Rows begun", `${number(attempts.rows)} times; the batch ${number(attempts.batch)} times`],
    ["Seed", rest.seed === null ? "none" : String(rest.seed)],
    ["Versions", `Beseda ${versions.beseda}, Node ${versions.node}`],
    ["Operation", rest.id],
  ];
  return table([], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[], tag: "td" | "th") =>
    row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("");
  const header = head.length > 0 ? `<thead><tr>${cells(head, "th")}</tr></thead>` : "";
  return `<div class="table"><table>${header}<tbody>${rows.map((row) => `<tr>${cells(row, "td")}</tr>`).join("")}</tbody></table></div>`;
}
