// Whether a batch has used up what it may: by the sum that its job shows, and by what this process knows itself.
import { addUsage, type JobEngine, noUsage, type Usage } from "@beseda/core";
import type { BatchLimits } from "../batch.ts";

/** How soon what others have used is asked for again. Milliseconds. */
const askAgainMs = 1_000;

export class Budget {
  readonly #engine: JobEngine;
  readonly #batchId: string;
  #limits: Pick<BatchLimits, "maxTokens" | "maxCost"> = {};
  /** By parts in this process, since it began with this batch. */
  #here = noUsage;
  #reported = noUsage;
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(engine: JobEngine, batchId: string) {
    this.#engine = engine;
    this.#batchId = batchId;
  }

  /** The latest hold. */
  limitTo(limits: BatchLimits): void {
    this.#limits = limits;
  }

  spend(usage: Usage): void {
    if (this.#isLimited) this.#here = addUsage(this.#here, usage);
  }

  /** Nothing to wait for, as a rule. */
  async isSpent(): Promise<boolean> {
    if (!this.#isLimited) return false;
    if (performance.now() - this.#askedAt > askAgainMs) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    return isOver(this.#here, this.#limits) || isOver(this.#reported, this.#limits);
  }

  get #isLimited(): boolean {
    return this.#limits.maxTokens !== undefined || this.#limits.maxCost !== undefined;
  }

  async #ask(): Promise<void> {
    const usage = (await this.#engine.get(this.#batchId))?.metadata.usage;
    if (usage) this.#reported = usage as unknown as Usage;
    this.#askedAt = performance.now();
  }
}

function isOver(
  { totalTokens, cost = {} }: Usage,
  { maxTokens, maxCost = {} }: Pick<BatchLimits, "maxTokens" | "maxCost">,
) {
  if (maxTokens !== undefined && totalTokens >= maxTokens) return true;
  return Object.entries(maxCost).some(([currency, most]) => (cost[currency] ?? 0) >= most);
}
