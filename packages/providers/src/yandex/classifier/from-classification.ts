// What the service says of a text's labels, as a Classification.
import { BesedaError, type Classification, type Prediction } from "@beseda/core";
import { fromInt64 } from "../int64.ts";

/** `predictions` in the order of the service. @throws BesedaError `bad-response` where there are none */
export function fromClassification(body: unknown): Classification {
  const { predictions: wire, inputTokens } = (body ?? {}) as { predictions?: unknown; inputTokens?: unknown };
  const predictions = Array.isArray(wire) ? wire.map(toPrediction) : [];
  const [first, ...others] = predictions;
  if (!first) throw noPredictions();
  const { label, confidence } = others.reduce((best, each) => (each.confidence > best.confidence ? each : best), first);
  const tokens = fromInt64(inputTokens) ?? 0;
  return { label, confidence, predictions, usage: { inputTokens: tokens, outputTokens: 0, totalTokens: tokens } };
}

function toPrediction(wire: { label?: unknown; confidence?: unknown } | null): Prediction {
  // A number that is 0 may be left out.
  const { label, confidence = 0 } = wire ?? {};
  if (typeof label !== "string" || typeof confidence !== "number") throw noPredictions();
  return { label, confidence };
}

function noPredictions(): BesedaError {
  return new BesedaError("Yandex AI Studio answered without predictions.", {
    code: "bad-response",
    hint: "Is the model a classifier (cls://…), and the endpoint that of Yandex AI Studio?",
  });
}
