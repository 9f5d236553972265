// What the replies of a batch have used, where its service does not say: tokens by rule of thumb, money by the prices of its model.
import {
  type AssistantPart,
  addUsage,
  type LanguageModel,
  type ModelEvent,
  messageTokens,
  noUsage,
  type Usage,
} from "@beseda/core";

type Cost = Readonly<Record<string, number>>;

/** Is handed the replies one after the other: together they cost what the batch does. */
export class BatchBill {
  readonly #costOf: LanguageModel["costOf"];
  /** Of so many requests. */
  readonly #size: number;
  /** What a batch costs at least: each reply has its share. */
  readonly #least: Cost;
  #replies = 0;
  #sum = noUsage;
  #told: Cost = {};

  constructor(costOf: LanguageModel["costOf"], size: number) {
    this.#costOf = costOf;
    this.#size = size;
    this.#least = this.#cost(noUsage);
  }

  /** The reply, its usage told in it. `inputTokens`: what its request is taken to be. */
  billed(events: readonly ModelEvent[], inputTokens: number): ModelEvent[] {
    const last = events.at(-1);
    if (last?.type !== "finish") return [...events];
    const usage = last.usage ?? guessedUsage(events, inputTokens);
    return [...events.slice(0, -1), { ...last, usage: this.#priced(usage) }];
  }

  #priced(usage: Usage): Usage {
    if (usage.cost) return usage;
    this.#sum = addUsage(this.#sum, usage);
    const notYet = 1 - ++this.#replies / this.#size;
    const told = Object.entries(this.#cost(this.#sum)).map(([currency, amount]): [string, number] => [
      currency,
      inMillionths(amount - (this.#least[currency] ?? 0) * notYet),
    ]);
    if (told.length === 0) return usage;
    const cost = told.map(([currency, amount]) => [currency, inMillionths(amount - (this.#told[currency] ?? 0))]);
    this.#told = Object.fromEntries(told);
    return { ...usage, cost: Object.fromEntries(cost) };
  }

  #cost(usage: Usage): Cost {
    return this.#costOf?.(usage, "batch") ?? {};
  }
}

/** So that the shares of all come to the whole. */
function inMillionths(amount: number): number {
  return Math.round(amount * 1e6) / 1e6;
}

function guessedUsage(events: readonly ModelEvent[], inputTokens: number): Usage {
  const outputTokens = messageTokens({ role: "assistant", content: events.flatMap(partsOf) });
  return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true };
}

function partsOf(event: ModelEvent): AssistantPart[] {
  if (event.type === "text-delta") return [{ type: "text", text: event.text }];
  if (event.type === "reasoning-delta") return [{ type: "reasoning", text: event.text }];
  if (event.type !== "tool-call") return [];
  const { toolCallId, toolName, input } = event;
  return [{ type: "tool-call", toolCallId, toolName, input }];
}
