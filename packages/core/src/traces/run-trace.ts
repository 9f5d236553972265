// One run as a tree of spans: the agent, its model calls, its tool calls, and the runs that work for those.
import { type Attributes, type Context, type Span, SpanKind, trace } from "@opentelemetry/api";
import type { Publication } from "../agent/event-bus.ts";
import type { StreamPart } from "../agent/stream-part.ts";
import { asContent, type ContentMessage, contentOf, toolContent } from "./content.ts";
import { attribute, operation, providerName } from "./gen-ai-names.ts";
import { failSpan, type SpanFailure } from "./span-failure.ts";
import { type Recorder, type StepStart, StepTrace } from "./step-trace.ts";

type RunStart = Extract<StreamPart, { type: "start" }>;
type Call = { toolName: string; input: unknown; span?: Span; context?: Context };

export class RunTrace {
  readonly #recorder: Recorder;
  readonly #name: string;
  readonly #threadId: string | undefined;
  readonly #span: Span;
  readonly #context: Context;
  /** The agent that the thread was handed to: a span of its own within the run's. */
  #speaker: { name: string; span: Span; context: Context };
  #step: StepTrace | undefined;
  /** Asked for and not answered yet, by call id. */
  readonly #calls = new Map<string, Call>();
  /** The last time that anything was heard. */
  #at: number;
  /** Of this run, for the next model call; and the answers of this step's tools, which join it after the reply. */
  readonly #said: ContentMessage[];
  #toolAnswers: ContentMessage[] = [];
  #answer: ContentMessage | undefined;

  constructor(recorder: Recorder, { agentName, threadId, input }: RunStart, at: number, parent: Context) {
    this.#recorder = recorder;
    this.#name = agentName;
    this.#threadId = threadId;
    this.#at = at;
    this.#said = recorder.recordContent ? contentOf(input) : [];
    this.#span = this.#startAgent(agentName, at, parent);
    if (recorder.recordContent) this.#span.setAttribute(attribute.inputMessages, asContent(this.#said));
    this.#context = trace.setSpan(parent, this.#span);
    this.#speaker = { name: agentName, span: this.#span, context: this.#context };
  }

  add(part: StreamPart, publication: Publication): void {
    const { at } = publication;
    switch (part.type) {
      case "start-step":
        this.#startStep(part, at);
        break;
      case "tool-call":
        this.#calls.set(part.toolCallId, { toolName: part.toolName, input: part.input });
        this.#step?.add(part, publication);
        break;
      case "text-start":
      case "text-delta":
      case "text-replace":
      case "reasoning-start":
      case "reasoning-delta":
      case "tool-input-start":
      case "tool-input-delta":
        this.#step?.add(part, publication);
        break;
      case "tool-result":
      case "tool-error":
        this.#endCall(part, at);
        break;
      case "finish-step":
        this.#step?.finish({ finishReason: part.finishReason, usage: part.usage, at });
        this.#endStep(at);
        break;
      case "finish":
        this.#end(at, part.finishReason);
        break;
      case "abort":
        this.cut(at, "aborted");
        break;
      case "error":
        this.cut(at, "error", this.#failure(part.error.code, part.error.message));
        break;
    }
    this.#at = at;
  }

  awaitsCall(callId: string): boolean {
    return this.#calls.has(callId);
  }

  /** The context inside of a tool call: its span, begun now at the latest. Nothing where the run awaits no such call. */
  enterCall(callId: string, startedAt?: number): Context | undefined {
    const call = this.#calls.get(callId);
    if (!call) return undefined;
    if (!call.context) {
      call.span = this.#startTool(callId, call, startedAt ?? this.#step?.toolsBeganAt ?? this.#at);
      call.context = trace.setSpan(this.#speaker.context, call.span);
    }
    return call.context;
  }

  /** Ends everything that is open: the run was stopped, it failed, or nobody watches it any more. */
  cut(at: number, finishReason: "aborted" | "error", failure?: SpanFailure): void {
    // Calls of a reply that was cut were never carried out; the others were being carried out.
    if (this.#step?.toolsBeganAt !== undefined) for (const callId of this.#calls.keys()) this.enterCall(callId);
    if (failure) for (const { span } of this.#calls.values()) if (span) failSpan(span, failure);
    this.#step?.cut(at, finishReason, failure);
    this.#endStep(at);
    this.#end(at, finishReason, failure);
  }

  #startAgent(name: string, at: number, parent: Context): Span {
    const attributes: Attributes = { [attribute.operation]: operation.invokeAgent, [attribute.agentName]: name };
    if (this.#threadId !== undefined) attributes[attribute.conversationId] = this.#threadId;
    return this.#recorder.tracer.startSpan(
      `${operation.invokeAgent} ${name}`,
      { kind: SpanKind.INTERNAL, startTime: at, attributes },
      parent,
    );
  }

  #startStep(part: StepStart, at: number): void {
    if (part.agentName !== this.#speaker.name) this.#handOver(part.agentName, at);
    this.#speaker.span.setAttributes({
      [attribute.provider]: providerName(part.provider),
      [attribute.requestModel]: part.modelId,
    });
    const place = { context: this.#speaker.context, at, threadId: this.#threadId, said: this.#said };
    this.#step = new StepTrace(this.#recorder, part, place);
  }

  #handOver(name: string, at: number): void {
    if (this.#speaker.span !== this.#span) this.#speaker.span.end(at);
    const span = name === this.#name ? this.#span : this.#startAgent(name, at, this.#context);
    this.#speaker = { name, span, context: trace.setSpan(this.#context, span) };
  }

  #startTool(callId: string, { toolName, input }: Call, at: number): Span {
    const attributes: Attributes = {
      [attribute.operation]: operation.executeTool,
      [attribute.toolName]: toolName,
      [attribute.toolType]: "function",
      [attribute.toolCallId]: callId,
    };
    if (this.#recorder.recordContent) attributes[attribute.toolArguments] = asContent(input);
    return this.#recorder.tracer.startSpan(
      `${operation.executeTool} ${toolName}`,
      { kind: SpanKind.INTERNAL, startTime: at, attributes },
      this.#speaker.context,
    );
  }

  #endCall(part: Extract<StreamPart, { type: "tool-result" | "tool-error" }>, at: number): void {
    const { toolCallId, toolName, input } = part;
    const answer = this.#recorder.recordContent
      ? asContent(part.type === "tool-result" ? part.output : part.error)
      : undefined;
    if (answer !== undefined) this.#toolAnswers.push(toolContent(toolCallId, answer));
    // A call that an approval set free was asked for in an earlier run.
    if (!this.#calls.has(toolCallId)) this.#calls.set(toolCallId, { toolName, input });
    // One that was not approved was never carried out.
    if (!(part.type === "tool-error" && part.isDenied)) this.enterCall(toolCallId);
    const span = this.#calls.get(toolCallId)?.span;
    this.#calls.delete(toolCallId);
    if (!span) return;
    if (part.type === "tool-error") failSpan(span, this.#failure("tool-error", part.error));
    if (answer !== undefined) span.setAttribute(attribute.toolResult, answer);
    span.end(at);
  }

  #endStep(at: number): void {
    for (const { span } of this.#calls.values()) span?.end(at);
    this.#calls.clear();
    this.#answer = this.#step?.reply ?? this.#answer;
    if (this.#step?.reply) this.#said.push(this.#step.reply, ...this.#toolAnswers);
    this.#toolAnswers = [];
    this.#step = undefined;
  }

  #end(at: number, finishReason: string, failure?: SpanFailure): void {
    for (const span of new Set([this.#speaker.span, this.#span])) {
      if (failure) failSpan(span, failure);
      if (span === this.#span) {
        span.setAttribute(attribute.finishReasons, [finishReason]);
        if (this.#answer) {
          span.setAttribute(attribute.outputMessages, asContent([{ ...this.#answer, finish_reason: finishReason }]));
        }
      }
      span.end(at);
    }
  }

  #failure(type: string, message: string): SpanFailure {
    return this.#recorder.recordContent ? { type, message } : { type };
  }
}
