// One model call: its span, its times and its counts.
import { type Attributes, type Context, type Span, SpanKind, type Tracer } from "@opentelemetry/api";
import type { Publication } from "../agent/event-bus.ts";
import type { StreamPart } from "../agent/stream-part.ts";
import type { FinishReason, Usage } from "../message.ts";
import type { ModelSettings } from "../ports/language-model.ts";
import { asContent, type ContentMessage, ReplyContent } from "./content.ts";
import { attribute, operation, providerName } from "./gen-ai-names.ts";
import type { Instruments } from "./instruments.ts";
import { failSpan, type SpanFailure } from "./span-failure.ts";

export type Recorder = { tracer: Tracer; instruments: Instruments; recordContent: boolean };
export type StepStart = Extract<StreamPart, { type: "start-step" }>;

export class StepTrace {
  readonly #recorder: Recorder;
  readonly #span: Span;
  readonly #context: Context;
  readonly #call: Attributes;
  readonly #startedAt: number;
  readonly #reply: ReplyContent | undefined;
  #last: { part: StreamPart; publication: Publication } | undefined;
  #callsTools = false;

  constructor(
    recorder: Recorder,
    { provider, modelId, settings }: StepStart,
    place: { context: Context; at: number; threadId: string | undefined; said: readonly ContentMessage[] },
  ) {
    this.#recorder = recorder;
    this.#context = place.context;
    this.#startedAt = place.at;
    this.#call = {
      [attribute.operation]: operation.chat,
      [attribute.provider]: providerName(provider),
      [attribute.requestModel]: modelId,
    };
    const attributes: Attributes = { ...this.#call, ...requestAttributes(settings) };
    if (place.threadId !== undefined) attributes[attribute.conversationId] = place.threadId;
    if (recorder.recordContent) {
      this.#reply = new ReplyContent();
      attributes[attribute.inputMessages] = asContent(place.said);
    }
    this.#span = recorder.tracer.startSpan(
      `${operation.chat} ${modelId}`,
      { kind: SpanKind.CLIENT, startTime: place.at, attributes },
      place.context,
    );
  }

  /** The reply as content, where that is recorded. */
  get reply(): ContentMessage | undefined {
    return this.#reply?.message;
  }

  /**
   * When the tools began, as far as parts tell: with the last call that the reply asked for. Nothing where something
   * else came last, so that the reply was not over yet.
   */
  get toolsBeganAt(): number | undefined {
    return this.#last?.part.type === "tool-call" ? this.#last.publication.at : undefined;
  }

  /** A part that the model itself wrote. */
  add(part: StreamPart, publication: Publication): void {
    const { instruments } = this.#recorder;
    const before = this.#last?.publication;
    if (before === undefined) {
      const seconds = secondsBetween(this.#startedAt, publication.at);
      this.#span.setAttribute(attribute.timeToFirstChunk, seconds);
      instruments.firstChunk(seconds, this.#call, this.#context);
    } else if (before !== publication) {
      instruments.laterChunk(secondsBetween(before.at, publication.at), this.#call, this.#context);
    }
    this.#last = { part, publication };
    if (part.type === "tool-call") this.#callsTools = true;
    this.#reply?.add(part);
  }

  finish({ finishReason, usage, at }: { finishReason: FinishReason; usage: Usage; at: number }): void {
    this.#span.setAttributes(usageAttributes(usage));
    this.#recorder.instruments.tokens(usage, this.#call, this.#context);
    // The step goes on while its tools run; the model call was over when it had asked for them.
    this.#end((this.#callsTools ? this.#last?.publication.at : undefined) ?? at, finishReason);
  }

  /** The run ended before the step did. */
  cut(at: number, finishReason: "aborted" | "error", failure: SpanFailure | undefined): void {
    const repliedAt = this.toolsBeganAt;
    if (repliedAt !== undefined) {
      this.#end(repliedAt, "tool-calls");
      return;
    }
    if (failure) failSpan(this.#span, failure);
    this.#end(at, finishReason, failure?.type);
  }

  #end(at: number, finishReason: FinishReason, errorType?: string): void {
    this.#span.setAttribute(attribute.finishReasons, [finishReason]);
    if (this.#reply) {
      const message = { ...this.#reply.message, finish_reason: finishReason };
      this.#span.setAttribute(attribute.outputMessages, asContent([message]));
    }
    const call = errorType === undefined ? this.#call : { ...this.#call, [attribute.errorType]: errorType };
    this.#recorder.instruments.duration(secondsBetween(this.#startedAt, at), call, this.#context);
    this.#span.end(at);
  }
}

/** The clock may have been put back. */
function secondsBetween(from: number, to: number): number {
  return Math.max(0, to - from) / 1000;
}

function requestAttributes(settings: ModelSettings): Attributes {
  return present({
    [attribute.temperature]: settings.temperature,
    [attribute.topP]: settings.topP,
    [attribute.maxTokens]: settings.maxOutputTokens,
    [attribute.seed]: settings.seed,
    [attribute.stopSequences]: settings.stopSequences,
    [attribute.reasoningLevel]: settings.reasoningEffort,
  });
}

function usageAttributes({ inputTokens, outputTokens, cachedInputTokens, reasoningTokens }: Usage): Attributes {
  return present({
    [attribute.inputTokens]: inputTokens,
    [attribute.outputTokens]: outputTokens,
    [attribute.cachedInputTokens]: cachedInputTokens,
    [attribute.reasoningTokens]: reasoningTokens,
  });
}

function present(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}
