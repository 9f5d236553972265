// A service that answers in operations, which outlive whoever asked: it counts what was begun, and what nobody fetched.
import { BesedaError, type LanguageModel, type ModelEvent, type ModelRequest, type Operation } from "@beseda/core";

type Begun = {
  id: string;
  key: string | undefined;
  events: ModelEvent[];
  pollsLeft: number;
  fate?: "cancelled" | "fetched";
};

export class LaterService {
  readonly begun: Begun[] = [];
  /** Called at the beginning of each call. */
  onCall: (call: "submit" | "poll" | "cancel") => void | Promise<void> = () => {};
  readonly model: LanguageModel;
  readonly #answer: (request: ModelRequest) => ModelEvent[];
  readonly #polls: number;

  /** Done at the so-many-th poll. */
  constructor(answer: (request: ModelRequest) => ModelEvent[], { polls = 2 }: { polls?: number } = {}) {
    this.#answer = answer;
    this.#polls = polls;
    this.model = {
      provider: "later",
      modelId: "later",
      stream: () => {
        throw new Error("It is to be asked later.");
      },
      operations: {
        submit: (request, { key } = {}) => this.#submit(request, key),
        poll: (id) => this.#poll(id),
        cancel: (id) => this.#cancel(id),
      },
    };
  }

  /** Those that nobody has fetched or called off. */
  get orphans(): string[] {
    return this.begun.filter(({ fate }) => fate === undefined).map(({ id }) => id);
  }

  async #submit(request: ModelRequest, key: string | undefined): Promise<Operation<ModelEvent[]>> {
    await this.onCall("submit");
    const known = this.begun.find((each) => key !== undefined && each.key === key);
    if (known) return { id: known.id, done: false };
    const id = `op-${this.begun.length + 1}`;
    this.begun.push({ id, key, events: this.#answer(request), pollsLeft: this.#polls });
    return { id, done: false };
  }

  async #poll(id: string): Promise<Operation<ModelEvent[]>> {
    await this.onCall("poll");
    const one = this.#find(id);
    if (one.fate === "cancelled") {
      return { id, done: true, error: new BesedaError("It was called off.", { code: "aborted" }) };
    }
    if (--one.pollsLeft > 0) return { id, done: false };
    one.fate = "fetched";
    return { id, done: true, response: one.events };
  }

  async #cancel(id: string): Promise<Operation<ModelEvent[]>> {
    await this.onCall("cancel");
    const one = this.#find(id);
    one.fate ??= "cancelled";
    return { id, done: true };
  }

  #find(id: string): Begun {
    const one = this.begun.find((each) => each.id === id);
    if (!one) throw new BesedaError(`There is no ${id}.`, { code: "not-found" });
    return one;
  }
}

export function said(text: string): ModelEvent[] {
  return [
    { type: "text-delta", text },
    { type: "finish", finishReason: "stop" },
  ];
}

export function called(toolName: string, toolCallId: string, input: object = {}): ModelEvent[] {
  return [
    { type: "tool-call", toolCallId, toolName, input: JSON.stringify(input) },
    { type: "finish", finishReason: "tool-calls" },
  ];
}
