// How a span says that it failed: by a code that is safe to show, and in words only where content is recorded.
import { type Span, SpanStatusCode } from "@opentelemetry/api";
import { attribute } from "./gen-ai-names.ts";

/** `type` is one of a few words; `message` may hold what people and tools said. */
export type SpanFailure = { type: string; message?: string };

export function failSpan(span: Span, { type, message }: SpanFailure): void {
  span.setAttribute(attribute.errorType, type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message !== undefined && { message }) });
}
