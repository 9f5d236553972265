// A real OpenTelemetry SDK in memory, and what it collected, as a tree and as histograms.
import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace-base";

export function collectSpans() {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const spans = new InMemorySpanExporter();
  const started: string[] = [];
  let ended = 0;
  const counter: SpanProcessor = {
    onStart: (span) => void started.push(span.spanContext().spanId),
    onEnd: () => void ended++,
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans), counter] });
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 });
  const meterProvider = new MeterProvider({ readers: [reader] });
  return {
    tracerProvider,
    meterProvider,
    /** In the order in which they were made, once the watchers have been told everything. */
    async finished(): Promise<ReadableSpan[]> {
      await told();
      const place = (span: ReadableSpan) => started.indexOf(span.spanContext().spanId);
      return spans.getFinishedSpans().sort((a, b) => place(a) - place(b));
    },
    open: () => started.length - ended,
    async metrics() {
      await told();
      await meterProvider.forceFlush();
      const last = measured.getMetrics().at(-1);
      return (last?.scopeMetrics ?? []).flatMap(({ metrics }) => metrics);
    },
    async close() {
      context.disable();
      await meterProvider.shutdown();
    },
  };
}

/** A run's result is there just before its last part is published, and watchers are told a turn later. */
async function told(): Promise<void> {
  for (let turn = 1; turn <= 2; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** One line a span, children indented under it in the order of their start. */
export function treeOf(spans: readonly ReadableSpan[]): string[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const lines = (parent: string | undefined, indent: string): string[] =>
    spans
      .filter((span) => {
        const id = span.parentSpanContext?.spanId;
        return parent === undefined ? id === undefined || !ids.has(id) : id === parent;
      })
      .sort((a, b) => Number(startOf(a) - startOf(b)))
      .flatMap((span) => [indent + span.name, ...lines(span.spanContext().spanId, `${indent}  `)]);
  return lines(undefined, "");
}

function startOf({ startTime: [seconds, nanos] }: ReadableSpan): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}
