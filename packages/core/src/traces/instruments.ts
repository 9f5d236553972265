// What is measured of each model call, with the buckets that the conventions advise.
import { type Attributes, type Context, type Histogram, type Meter, ValueType } from "@opentelemetry/api";
import type { Usage } from "../message.ts";
import { attribute, type MetricNames, metric } from "./gen-ai-names.ts";

export class Instruments {
  readonly #tokenUsage: Histogram;
  readonly #duration: Histogram;
  readonly #timeToFirstChunk: Histogram;
  readonly #timePerOutputChunk: Histogram;

  constructor(meter: Meter, version: MetricNames) {
    const histogram = (key: keyof typeof metric, valueType: ValueType): Histogram => {
      const { names, unit, description, buckets } = metric[key];
      const advice = { explicitBucketBoundaries: buckets };
      return meter.createHistogram(names[version], { unit, description, valueType, advice });
    };
    this.#tokenUsage = histogram("tokenUsage", ValueType.INT);
    this.#duration = histogram("duration", ValueType.DOUBLE);
    this.#timeToFirstChunk = histogram("timeToFirstChunk", ValueType.DOUBLE);
    this.#timePerOutputChunk = histogram("timePerOutputChunk", ValueType.DOUBLE);
  }

  /** Estimates are not measured: the conventions want what the provider reported, or nothing. */
  tokens({ inputTokens, outputTokens, estimated }: Usage, call: Attributes, context: Context): void {
    if (estimated) return;
    this.#tokenUsage.record(inputTokens, { ...call, [attribute.tokenType]: "input" }, context);
    this.#tokenUsage.record(outputTokens, { ...call, [attribute.tokenType]: "output" }, context);
  }

  duration(seconds: number, call: Attributes, context: Context): void {
    this.#duration.record(seconds, call, context);
  }

  firstChunk(seconds: number, call: Attributes, context: Context): void {
    this.#timeToFirstChunk.record(seconds, call, context);
  }

  laterChunk(seconds: number, call: Attributes, context: Context): void {
    this.#timePerOutputChunk.record(seconds, call, context);
  }
}
