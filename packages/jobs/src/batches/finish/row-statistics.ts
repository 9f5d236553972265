// What the rows of a batch come to, counted as they pass: memory of one size whatever their number.
import { addUsage, noUsage, type Usage } from "@beseda/core";
import type { RowResult } from "../batch.ts";
import { Histogram } from "./histogram.ts";

/** A stretch of rows, one after the other in the data set. */
export type Stretch = {
  rows: number;
  failed: number;
  milliseconds: Histogram;
  inputTokens: number;
  outputTokens: number;
  cost: Record<string, number>;
};

export type FailedRow = { number: number; code: string; message: string; hint: string | undefined };

const mostStretches = 100;
/** So many kinds of anything are counted one by one; services could make up their own without end. */
const mostKinds = 100;
const mostFailedRows = 50;

export class RowStatistics {
  rows = 0;
  failed = 0;
  usage: Usage = noUsage;
  attempts = 0;
  steps = 0;
  toolCalls = 0;
  readonly finishReasons = new Map<string, number>();
  readonly errors = new Map<string, number>();
  readonly models = new Map<string, { rows: number; versions: Map<string, number> }>();
  readonly milliseconds = new Histogram();
  readonly inputTokens = new Histogram();
  readonly outputTokens = new Histogram();
  /** Of each row in the currency of the batch, in millionths. */
  readonly cost = new Map<string, Histogram>();
  readonly stretches: Stretch[] = [];
  /** The first of them. */
  readonly failedRows: FailedRow[] = [];
  readonly #rowsOfStretch: number;

  constructor(rows: number) {
    this.#rowsOfStretch = Math.max(1, Math.ceil(rows / mostStretches));
  }

  get answered(): number {
    return this.rows - this.failed;
  }

  add({
    number,
    usage,
    finishReason,
    error,
    model,
    modelVersion,
    attempts,
    steps,
    toolCalls,
    milliseconds,
  }: RowResult): void {
    const stretch = this.#stretch();
    this.rows++;
    stretch.rows++;
    this.attempts += attempts;
    this.steps += steps;
    this.toolCalls += toolCalls.length;
    count(this.finishReasons, finishReason ?? "none");
    if (error) {
      this.failed++;
      stretch.failed++;
      count(this.errors, error.code);
      const { code, message, hint } = error;
      if (this.failedRows.length < mostFailedRows) this.failedRows.push({ number, code, message, hint });
    }
    this.#addModel(model, modelVersion);
    this.milliseconds.add(milliseconds);
    stretch.milliseconds.add(milliseconds);
    this.#addUsage(usage, stretch);
  }

  #stretch(): Stretch {
    const last = this.stretches.at(-1);
    if (last && last.rows < this.#rowsOfStretch) return last;
    const stretch = { rows: 0, failed: 0, milliseconds: new Histogram(), inputTokens: 0, outputTokens: 0, cost: {} };
    this.stretches.push(stretch);
    return stretch;
  }

  #addModel(model: string, version: string | undefined): void {
    const known = this.models.get(model) ?? { rows: 0, versions: new Map<string, number>() };
    known.rows++;
    if (version !== undefined) count(known.versions, version);
    if (this.models.has(model) || this.models.size < mostKinds) this.models.set(model, known);
  }

  #addUsage(usage: Usage, stretch: Stretch): void {
    this.usage = addUsage(this.usage, usage);
    this.inputTokens.add(usage.inputTokens);
    this.outputTokens.add(usage.outputTokens);
    stretch.inputTokens += usage.inputTokens;
    stretch.outputTokens += usage.outputTokens;
    for (const [currency, amount] of Object.entries(usage.cost ?? {})) {
      stretch.cost[currency] = (stretch.cost[currency] ?? 0) + amount;
      const histogram = this.cost.get(currency) ?? new Histogram();
      histogram.add(amount * millionths);
      this.cost.set(currency, histogram);
    }
  }
}

export const millionths = 1e6;

function count(counts: Map<string, number>, kind: string): void {
  const before = counts.get(kind);
  if (before !== undefined || counts.size < mostKinds) counts.set(kind, (before ?? 0) + 1);
  else counts.set("others", (counts.get("others") ?? 0) + 1);
}
