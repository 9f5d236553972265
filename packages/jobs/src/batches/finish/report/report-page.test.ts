import { describe, expect, it } from "vitest";
import type { RowResult } from "../../batch.ts";
import type { Manifest } from "../manifest.ts";
import { RowStatistics } from "../row-statistics.ts";
import { reportPage } from "./report-page.ts";

const manifest: Manifest = {
  format: 1,
  id: "0f",
  output: "/data/<answers>.parquet",
  createdAt: "2026-11-23T00:00:00.000Z",
  finishedAt: "2026-11-23T01:00:00.000Z",
  dataset: { name: "in.jsonl", hash: "sha256:00", rows: 3, badRows: { count: 0, first: [] } },
  rows: 3,
  answered: 2,
  failed: 1,
  finishReasons: { stop: 2, error: 1 },
  errors: { timeout: 1 },
  usage: { inputTokens: 30, outputTokens: 12, totalTokens: 42 },
  cost: null,
  lostCells: { count: 0, first: [] },
  seconds: 2,
  rowsPerSecond: 1.5,
  steps: 3,
  toolCalls: 0,
  attempts: { rows: 3, batch: 1 },
  calls: "sync",
  concurrency: 16,
  providerBatches: 0,
  seed: null,
  models: [{ model: "m:m", rows: 3, versions: [] }],
  agent: { name: "a", fingerprint: "ff", facts: {} },
  versions: { beseda: "0.1.0", node: "20" },
};

function row(number: number, change: Partial<RowResult> = {}): RowResult {
  return {
    number,
    cells: {},
    response: "x",
    reasoning: null,
    toolCalls: [],
    finishReason: "stop",
    usage: { inputTokens: 10, outputTokens: 4, totalTokens: 14 },
    error: null,
    model: "m:m",
    steps: 1,
    attempts: 1,
    milliseconds: 100 * number,
    ...change,
  };
}

function statisticsOf(rows: readonly RowResult[]): RowStatistics {
  const statistics = new RowStatistics(rows.length);
  for (const each of rows) statistics.add(each);
  return statistics;
}

const failed = row(2, {
  error: { code: "timeout", message: '<script>alert("1")</script>', hint: "Wait & see." },
  finishReason: "error",
  usage: { inputTokens: 10, outputTokens: 4, totalTokens: 14, cost: { RUB: 0.5 } },
});

describe("the report of a batch", () => {
  it("needs nothing else, runs nothing, and shows what rows say as text", () => {
    const page = reportPage(manifest, statisticsOf([row(1), failed, row(3)]));
    expect(page).not.toMatch(/<script|javascript:|src=|href=|url\(|@import|<link/i);
    expect(page).toContain("&#60;script&#62;alert(&#34;1&#34;)&#60;/script&#62; Wait &#38; see.");
    expect(page).toContain("&#60;answers&#62;.parquet");
  });

  it("plots latency, tokens, cost and errors over the rows and how they are spread, and lists the errors by kind", () => {
    const page = reportPage(manifest, statisticsOf([row(1), failed, row(3)]));
    const titles = [...page.matchAll(/<figcaption>(.*?)<\/figcaption>/g)].map(([, title]) => title);
    expect(titles).toEqual([
      "Latency of a row",
      "Tokens of a row",
      "Cost of a row, RUB",
      "Rows that failed",
      "Latency",
      "Tokens in",
      "Tokens out",
      "Cost, RUB",
    ]);
    expect(page.match(/<svg /g)).toHaveLength(8);
    expect(page).toContain("<td>timeout</td><td>1</td><td>33.3%</td>");
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("of a single row, and of rows that took no time and no tokens, has no hole in it", () => {
    const nothing = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
    const page = reportPage(
      { ...manifest, rows: 1, failed: 0 },
      statisticsOf([row(1, { usage: nothing, milliseconds: 0 })]),
    );
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(page).toContain("<p>None.</p>");
  });

  it("has no two labels of an axis at one place, however few values there are", () => {
    const alike = [row(1), row(2, { milliseconds: 100 }), row(3, { milliseconds: 100 })];
    for (const svg of reportPage(manifest, statisticsOf(alike)).split("<svg ").slice(1)) {
      const places = [...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"/g)].map(([, x, y]) => `${x} ${y}`);
      expect(new Set(places).size).toBe(places.length);
    }
  });

  it("is of about the same size for any number of rows", () => {
    const many = Array.from({ length: 30_000 }, (_, index) =>
      row(index + 1, index % 3 === 0 ? { error: { code: "internal", message: `Error ${index}` } } : {}),
    );
    const page = reportPage({ ...manifest, rows: 30_000, failed: 10_000 }, statisticsOf(many));
    expect(page.length).toBeLessThan(80_000);
    expect(page).toContain("The first 50 of them");
  });
});
