// Passes a reply through and, when it is whole, gives what of it has to be kept.
import type { ModelEvent } from "@beseda/core";

/** `keep` is called once, before the reader is given the last events. */
export class NotedReply implements AsyncIterableIterator<ModelEvent[]> {
  readonly #source: AsyncIterator<ModelEvent[]>;
  readonly #keep: (events: ModelEvent[]) => void;
  readonly #said: ModelEvent[] = [];

  constructor(reply: AsyncIterable<ModelEvent[]>, keep: (events: ModelEvent[]) => void) {
    this.#source = reply[Symbol.asyncIterator]();
    this.#keep = keep;
  }

  async next(): Promise<IteratorResult<ModelEvent[]>> {
    const { done, value } = await this.#source.next();
    if (done) return { done: true, value: undefined };
    for (const event of value) add(this.#said, event);
    if (value.at(-1)?.type === "finish") this.#keep(this.#said);
    return { done: false, value };
  }

  async return(): Promise<IteratorResult<ModelEvent[]>> {
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Texts are joined, and how a call was being written is left out: the call says the same. */
function add(said: ModelEvent[], event: ModelEvent): void {
  if (event.type === "tool-input-start" || event.type === "tool-input-delta") return;
  const last = said.at(-1);
  if (event.type === "text-delta" && last?.type === "text-delta") last.text += event.text;
  else if (event.type === "reasoning-delta" && last?.type === "reasoning-delta") last.text += event.text;
  else said.push({ ...event });
}
