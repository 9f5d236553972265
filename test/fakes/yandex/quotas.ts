// How much the service takes at once and in a time: gauges and rates, with the words in which it refuses.
import { Refusal } from "./refusal.ts";

/** Methods that are counted together have one name. */
export type FakeQuota =
  | "completion"
  | "completion-async"
  | "operation"
  | "tokenizer"
  | "embedding"
  | "classification"
  | "image"
  | "batch"
  | "tuning";

export type QuotaLimits = {
  /** A gauge: so many that have not ended. */
  atOnce?: number;
  perSecond?: number;
  perMinute?: number;
  perHour?: number;
  perDay?: number;
};

export const defaultQuotas: Readonly<Record<FakeQuota, QuotaLimits>> = {
  completion: { atOnce: 10 },
  "completion-async": { perSecond: 10, perHour: 5_000 },
  operation: { perSecond: 50 },
  tokenizer: { perSecond: 50 },
  embedding: { perSecond: 10 },
  classification: { perSecond: 1 },
  image: { perMinute: 500, perDay: 5_000 },
  batch: { perHour: 10, perDay: 100 },
  tuning: { perHour: 3, perDay: 10 },
};

/** Those of `completion` and `embedding` have been seen; the others are made like them. */
const stems: Record<FakeQuota, string> = {
  completion: "ai.textGenerationCompletion",
  "completion-async": "ai.textGenerationAsyncCompletion",
  operation: "ai.operationGet",
  tokenizer: "ai.tokenizerTokenize",
  embedding: "ai.embeddingsTextEmbedding",
  classification: "ai.textClassificationClassify",
  image: "ai.imageGenerationGenerate",
  batch: "ai.textGenerationBatchCompletion",
  tuning: "ai.tuningTune",
};

const windows = { Second: 1_000, Minute: 60_000, Hour: 3_600_000, Day: 86_400_000 } as const;

export class Quotas {
  readonly #limits: Record<FakeQuota, QuotaLimits>;
  readonly #clock: { now(): number };
  readonly #running = new Map<FakeQuota, number>();
  readonly #most = new Map<FakeQuota, number>();
  readonly #starts = new Map<FakeQuota, number[]>();

  constructor(limits: Partial<Record<FakeQuota, QuotaLimits>>, clock: { now(): number }) {
    this.#limits = { ...defaultQuotas, ...limits };
    this.#clock = clock;
  }

  /** Other limits from now on. */
  limit(quota: FakeQuota, limits: QuotaLimits): void {
    this.#limits[quota] = limits;
  }

  /**
   * Counts one in. What is refused is not counted.
   *
   * @returns what is to be called when it has ended
   * @throws Refusal `<quota id> <gauge|rate> quota limit exceed: allowed N requests`
   */
  enter(quota: FakeQuota): () => void {
    this.#checkRates(quota);
    const running = this.running(quota) + 1;
    const { atOnce } = this.#limits[quota];
    if (atOnce !== undefined && running > atOnce) {
      throw new Refusal(8, `${stems[quota]}SessionsCount.count gauge quota limit exceed: allowed ${atOnce} requests`);
    }
    this.#starts.set(quota, [...(this.#starts.get(quota) ?? []), this.#clock.now()]);
    this.#running.set(quota, running);
    this.#most.set(quota, Math.max(running, this.mostAtOnce(quota)));
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#running.set(quota, this.running(quota) - 1);
    };
  }

  running(quota: FakeQuota): number {
    return this.#running.get(quota) ?? 0;
  }

  /** How many were let in at most at the same time. */
  mostAtOnce(quota: FakeQuota): number {
    return this.#most.get(quota) ?? 0;
  }

  #checkRates(quota: FakeQuota): void {
    const now = this.#clock.now();
    const limits = this.#limits[quota];
    const kept = (this.#starts.get(quota) ?? []).filter((start) => start > now - windows.Day);
    this.#starts.set(quota, kept);
    for (const [name, length] of Object.entries(windows) as [keyof typeof windows, number][]) {
      const allowed = limits[`per${name}`];
      if (allowed === undefined) continue;
      if (kept.filter((start) => start > now - length).length < allowed) continue;
      throw new Refusal(
        8,
        `${stems[quota]}RequestsPer${name}.rate rate quota limit exceed: allowed ${allowed} requests`,
      );
    }
  }
}
