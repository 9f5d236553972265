// Watchers of an agent: traces, logs, a studio. They are told after the fact and can neither slow nor break a run.
import { EventEmitter } from "eventemitter3";
import { describeThrown } from "../errors.ts";
import type { StreamPart } from "./stream-part.ts";

/** An event for each kind of stream part, and `part` for all of them. */
export type AgentEvents = {
  [Type in StreamPart["type"]]: (part: Extract<StreamPart, { type: Type }>) => void;
} & { part: (part: StreamPart) => void };

export class EventBus {
  readonly #emitter = new EventEmitter();
  #queue: StreamPart[] = [];

  on<Name extends keyof AgentEvents>(name: Name, listener: AgentEvents[Name]): void {
    this.#emitter.on(name, listener);
  }

  off<Name extends keyof AgentEvents>(name: Name, listener: AgentEvents[Name]): void {
    this.#emitter.off(name, listener);
  }

  /** Returns at once; listeners are called in a later turn of the event loop, in the order of the parts. */
  publish(parts: readonly StreamPart[]): void {
    if (this.#emitter.eventNames().length === 0) return;
    if (this.#queue.length === 0) setImmediate(() => this.#deliver());
    this.#queue.push(...parts);
  }

  #deliver(): void {
    const parts = this.#queue;
    this.#queue = [];
    for (const part of parts) {
      for (const name of [part.type, "part"]) {
        for (const listener of this.#emitter.listeners(name)) this.#call(listener, part);
      }
    }
  }

  #call(listener: (part: StreamPart) => unknown, part: StreamPart): void {
    const complain = (thrown: unknown) => {
      process.emitWarning(`A listener of "${part.type}" failed: ${describeThrown(thrown)}`, {
        code: "BESEDA_LISTENER",
      });
    };
    try {
      const returned = listener(part);
      if (returned instanceof Promise) returned.catch(complain);
    } catch (thrown) {
      complain(thrown);
    }
  }
}
