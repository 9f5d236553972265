// The events of one reply out of the parts of its stream, or out of the whole reply.
import { BesedaError, type FinishReason, type ModelEvent, type Usage } from "@beseda/core";
import { cutOff } from "@beseda/core/http";
import type { AiFinishReason, AiMetadata, AiPart, AiReply, AiUsage } from "./ai-sdk-wire.ts";
import { fromAiError } from "./from-ai-error.ts";
import { type KeptReasoning, toProviderData } from "./kept-data.ts";

type ReasoningBlock = KeptReasoning["blocks"][number];

/**
 * One for each attempt. Parts that have no place in a thread are left out: files that a model makes, and calls that the
 * provider carries out itself. A source is told once, however often it is cited.
 */
export class AiReplyReader {
  readonly #openBlocks = new Map<string, ReasoningBlock>();
  readonly #openInputs = new Set<string>();
  readonly #callIds: Set<string>;
  readonly #cited = new Set<string>();
  /** Of the reasoning part that was begun last. */
  #kept: KeptReasoning = { blocks: [] };
  /** Something else was said since: more reasoning is another part. */
  #isApart = false;
  #hasCalls = false;
  #saidAnything = false;
  isFinished = false;

  /** Ids that calls in the thread have already: there are services that give the same one again. */
  constructor(takenCallIds: Iterable<string>) {
    this.#callIds = new Set(takenCallIds);
  }

  /** The events of a part, most often one. @throws BesedaError where the part is an error. */
  read(part: AiPart): ModelEvent[] {
    const { type, id = "", delta = "", providerMetadata } = part;
    switch (type) {
      case "text-delta":
        return this.#text(delta);
      case "text-end":
        return this.#endText(providerMetadata);
      case "reasoning-start":
        this.#openBlocks.set(id, { length: 0, metadata: providerMetadata });
        return [];
      case "reasoning-delta":
        return this.#reasoning(id, delta, providerMetadata);
      case "reasoning-end":
        return this.#endReasoning(id, providerMetadata);
      case "tool-input-start":
        return this.#startInput(part);
      case "tool-input-delta":
        return this.#openInputs.has(id) && delta !== "" ? [{ type: "tool-input-delta", toolCallId: id, delta }] : [];
      case "tool-call":
        return this.#call(part);
      case "source":
        return this.#source(part);
      case "finish":
        return this.#finish(part.finishReason ?? "unknown", part.usage);
      case "error":
        throw fromAiError(part.error);
      default:
        return [];
    }
  }

  /** A reply that came in one piece. */
  whole({ content, finishReason, usage }: AiReply): ModelEvent[] {
    const events: ModelEvent[] = [];
    for (const [index, part] of content.entries()) {
      const { type, text = "", providerMetadata } = part;
      const id = String(index);
      if (type === "text") events.push(...this.#text(text), ...this.#endText(providerMetadata));
      else if (type === "reasoning") {
        events.push(...this.#reasoning(id, text, providerMetadata), ...this.#endReasoning(id, undefined));
      } else if (type === "tool-call") events.push(...this.#call(part));
      else if (type === "source") events.push(...this.#source(part));
    }
    events.push(...this.#finish(finishReason, usage));
    return events;
  }

  #text(text: string): ModelEvent[] {
    if (text === "") return [];
    this.#isApart = true;
    this.#saidAnything = true;
    return [{ type: "text-delta", text }];
  }

  #endText(metadata: AiMetadata | undefined): ModelEvent[] {
    if (!metadata || this.#kept.text || !this.#hasKept()) return [];
    this.#kept.text = metadata;
    return [this.#data()];
  }

  #reasoning(id: string, text: string, metadata: AiMetadata | undefined): ModelEvent[] {
    const block = this.#openBlocks.get(id) ?? { length: 0 };
    this.#openBlocks.set(id, block);
    // Anthropic's signature comes with a delta that is empty.
    if (metadata) block.metadata = metadata;
    if (text === "") return [];
    if (this.#isApart) {
      this.#kept = { blocks: [] };
      this.#isApart = false;
    }
    block.length += text.length;
    this.#saidAnything = true;
    return [{ type: "reasoning-delta", text }];
  }

  #endReasoning(id: string, metadata: AiMetadata | undefined): ModelEvent[] {
    const block = this.#openBlocks.get(id);
    if (!block) return [];
    this.#openBlocks.delete(id);
    if (metadata) block.metadata = metadata;
    this.#kept.blocks.push(block);
    return this.#hasKept() ? [this.#data()] : [];
  }

  #hasKept(): boolean {
    return this.#kept.blocks.some(({ metadata }) => metadata);
  }

  #data(): ModelEvent {
    return { type: "reasoning-data", providerData: toProviderData(this.#kept) };
  }

  #startInput({ id = "", toolName = "", providerExecuted, inputEncoding }: AiPart): ModelEvent[] {
    if (providerExecuted || inputEncoding === "text" || this.#callIds.has(id)) return [];
    this.#openInputs.add(id);
    this.#isApart = true;
    this.#saidAnything = true;
    return [{ type: "tool-input-start", toolCallId: id, toolName }];
  }

  #call({
    toolCallId: wireId = "",
    toolName = "",
    input = "",
    providerExecuted,
    providerMetadata,
  }: AiPart): ModelEvent[] {
    if (providerExecuted) return [];
    const isTaken = wireId === "" || this.#callIds.has(wireId);
    const toolCallId = isTaken ? crypto.randomUUID() : wireId;
    this.#callIds.add(toolCallId);
    this.#isApart = true;
    this.#hasCalls = true;
    this.#saidAnything = true;
    const call = { type: "tool-call", toolCallId, toolName, input } as const;
    return [providerMetadata ? { ...call, providerData: toProviderData(providerMetadata) } : call];
  }

  #source({ id = "", url, title, filename }: AiPart): ModelEvent[] {
    const place = url ?? filename ?? title;
    if (!place || this.#cited.has(place)) return [];
    this.#cited.add(place);
    const names = { ...(url && { url }), ...(title && { title }), ...(filename && { filename }) };
    return [{ type: "source", source: { id: id || place, ...names } }];
  }

  #finish(reason: AiFinishReason, wireUsage: AiUsage | undefined): ModelEvent[] {
    const word = typeof reason === "string" ? reason : reason.unified;
    const isSaid = typeof reason === "string" ? word !== "unknown" : reason.raw !== undefined || word !== "other";
    const usage = wireUsage && toUsage(wireUsage);
    if (!this.#saidAnything && !isSaid) throw empty();
    // A service that reached its end says why it ended, or at least what it cost.
    if (!isSaid && !usage) throw cutOff();
    if (word === "error" || word === "interrupted") throw failed();
    this.isFinished = true;
    return [{ type: "finish", finishReason: toFinishReason(word, this.#hasCalls), ...(usage && { usage }) }];
  }
}

function empty(): BesedaError {
  return new BesedaError("The service answered, but sent no reply of a model.", {
    code: "bad-response",
    hint: "Try again, and check the address that the provider was given.",
    isRetryable: true,
  });
}

function failed(): BesedaError {
  return new BesedaError("The model broke its reply off with an error that it did not explain.", {
    code: "unavailable",
    hint: "Try again.",
    isRetryable: true,
  });
}

function toFinishReason(word: string, hasCalls: boolean): FinishReason {
  if (word === "length" || word === "content-filter") return word;
  return hasCalls ? "tool-calls" : "stop";
}

/** Nothing where nothing was reported, for which some providers say NaN or null. */
function toUsage({ inputTokens, outputTokens, ...flat }: AiUsage): Usage | undefined {
  const input = counted(typeof inputTokens === "object" ? inputTokens?.total : inputTokens);
  const output = counted(typeof outputTokens === "object" ? outputTokens?.total : outputTokens);
  if (input === undefined && output === undefined) return undefined;
  const reasoningTokens = counted(typeof outputTokens === "object" ? outputTokens?.reasoning : flat.reasoningTokens);
  const cachedInputTokens = counted(typeof inputTokens === "object" ? inputTokens?.cacheRead : flat.cachedInputTokens);
  return {
    inputTokens: input ?? 0,
    outputTokens: output ?? 0,
    totalTokens: (input ?? 0) + (output ?? 0),
    ...(reasoningTokens && { reasoningTokens }),
    ...(cachedInputTokens && { cachedInputTokens }),
  };
}

function counted(tokens: number | undefined): number | undefined {
  return Number.isFinite(tokens) ? tokens : undefined;
}
