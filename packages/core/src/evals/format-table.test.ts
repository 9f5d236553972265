import { describe, expect, it } from "vitest";
import { displayWidth } from "./display-width.ts";
import { formatTable } from "./format-table.ts";
import { type EvalReport, type EvalResult, totalsOf } from "./report.ts";

function result(name: string, scores: Record<string, number>, more: Partial<EvalResult> = {}): EvalResult {
  return {
    name,
    trial: 1,
    input: name,
    answer: "So it is",
    finishReason: "stop",
    steps: 1,
    toolCalls: [],
    usage: { inputTokens: 90, outputTokens: 10, totalTokens: 100 },
    scores: Object.fromEntries(Object.entries(scores).map(([scorer, score]) => [scorer, { score }])),
    passed: Object.values(scores).every((score) => score === 1),
    ...more,
  };
}

function report(results: EvalResult[], more: Partial<EvalReport> = {}): EvalReport {
  const scorers = [...new Set(results.flatMap((each) => Object.keys(each.scores)))];
  return {
    format: 1,
    agent: "shop",
    scorers,
    threshold: 1,
    trials: 1,
    passed: results.every(({ passed }) => passed),
    totals: totalsOf(results, scorers),
    results,
    timing: { totalMs: 1234, runMs: [] },
    ...more,
  };
}

describe("the table of a report", () => {
  it("has a line for each case, the means, and what was wrong", () => {
    const wrong = { score: 0, reason: 'The answer is not "Идёт"' };
    const table = formatTable(
      report([
        result("Where is my order?", { exact: 1, toolCall: 1 }),
        result("Где мой заказ?", { exact: 0 }, { answer: "Не знаю", scores: { exact: wrong } }),
        result("注文はどこ 🙂", { exact: 1, toolCall: 0.5 }, { error: { code: "timeout", message: "too slow" } }),
      ]),
    );
    expect(table).toBe(
      [
        "shop, 3 cases         exact  toolCall  steps  tokens",
        "────────────────────────────────────────────────────",
        "✓ Where is my order?   1.00      1.00      1     100",
        "✗ Где мой заказ?       0.00         –      1     100",
        "✗ 注文はどこ 🙂        1.00      0.50      1     100",
        "────────────────────────────────────────────────────",
        "mean                   0.67      0.75      1     100",
        "",
        "✗ Где мой заказ?",
        "  answered: Не знаю",
        '  exact 0.00: The answer is not "Идёт"',
        "",
        "✗ 注文はどこ 🙂",
        "  answered: So it is",
        "  timeout: too slow",
        "",
        "1 of 3 passed · 300 tokens · 1.2 s",
      ].join("\n"),
    );
  });

  it("shows the trials of a case in one line", () => {
    const trials = [1, 0, 1].map((score, index) => result("Well?", { exact: score }, { trial: index + 1 }));
    const table = formatTable(report(trials, { trials: 3 }));
    expect(table).toContain("shop, 1 case × 3");
    expect(table).toMatch(/✗ 2\/3 Well\? +0\.67/);
    expect(table).toContain("✗ Well? (2 of 3)\n");
  });

  it.each([80, 100, 120])("fits %i columns, whatever the names, the answers and the reasons are", (width) => {
    const long = "Где мой заказ, 注文 🙂 ".repeat(20);
    const scores = { exact: 0, "is it polite enough for us": 0.25, schema: 1 };
    const table = formatTable(report([result(long, scores, { answer: long }), result("", scores)]), { width });
    const widths = table.split("\n").map(displayWidth);
    expect(Math.max(...widths)).toBeLessThanOrEqual(width);
    expect(Math.max(...widths)).toBeGreaterThan(width - 3);
  });

  it("shows nothing that would move the cursor, colour the screen or turn the text around", () => {
    const odd = "a\u001b[2Jb\r\nc\u202ed\u2028e\u0007";
    const table = formatTable(report([result(odd, { [odd]: 0 }, { answer: odd })]));
    expect(table.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e\u2028]/u);
    expect(table).toContain("a [2Jb cd e");
  });
});

describe("the width of a text", () => {
  it.each([
    ["abc", 3],
    ["Тверь", 5],
    ["й", 1],
    ["и\u0306", 1],
    ["注文", 4],
    ["한국", 4],
    ["🙂", 2],
    ["👩‍👩‍👧", 2],
    ["❤️", 2],
    ["✓–…─", 4],
    ["\u200b", 0],
  ])("of %s is %i", (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});
