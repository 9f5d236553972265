// Watchers of an agent: traces, logs, a studio. They are told after the fact and can neither slow nor break a run.
import { EventEmitter } from "eventemitter3";
import { describeThrown } from "../errors.ts";
import type { StreamPart } from "./stream-part.ts";

/** An event for each kind of stream part, and `part` for all of them. */
export type AgentEvents = {
  [Type in StreamPart["type"]]: (part: Extract<StreamPart, { type: Type }>, publication: Publication) => void;
} & { part: (part: StreamPart, publication: Publication) => void };

/** What a watcher cannot see from a part. Parts that came with one read of the network share one publication. */
export type Publication = {
  /** When the run's reader was given the part, which is before the watcher is told: milliseconds since 1970. */
  readonly at: number;
  /** The run that was read. Another than the part's where that is a sub-agent's. */
  readonly runId: string;
  /** Where the run that was read works for a call of another run, which shows its parts too. */
  readonly caller: Caller | undefined;
};

/** A tool call, and the run that made it. */
export type Caller = { readonly runId: string; readonly callId: string };

export class EventBus {
  /** Made for the first listener: most agents have none. */
  #emitter: EventEmitter | undefined;

  on<Name extends keyof AgentEvents>(name: Name, listener: AgentEvents[Name]): void {
    this.#emitter ??= new EventEmitter();
    this.#emitter.on(name, listener);
  }

  off<Name extends keyof AgentEvents>(name: Name, listener: AgentEvents[Name]): void {
    this.#emitter?.off(name, listener);
    if (this.#emitter?.eventNames().length === 0) this.#emitter = undefined;
  }

  /**
   * Returns at once; listeners are called in a later turn of the event loop, in the order of the parts, and in the async
   * context (AsyncLocalStorage) of whoever reads the run. Costs nothing while nobody listens.
   */
  publish(parts: readonly StreamPart[], runId: string, caller?: Caller): void {
    if (!this.#emitter) return;
    const publication = { at: Date.now(), runId, caller };
    // One each, and not one for all that waits: an immediate keeps its order and its caller's context.
    setImmediate(() => this.#deliver(parts, publication));
  }

  #deliver(parts: readonly StreamPart[], publication: Publication): void {
    for (const part of parts) {
      for (const name of [part.type, "part"]) {
        for (const listener of this.#emitter?.listeners(name) ?? []) this.#call(listener, part, publication);
      }
    }
  }

  #call(
    listener: (part: StreamPart, publication: Publication) => unknown,
    part: StreamPart,
    publication: Publication,
  ): void {
    const complain = (thrown: unknown) => {
      process.emitWarning(`A listener of "${part.type}" failed: ${describeThrown(thrown)}`, {
        code: "BESEDA_LISTENER",
      });
    };
    try {
      const returned = listener(part, publication);
      if (returned instanceof Promise) returned.catch(complain);
    } catch (thrown) {
      complain(thrown);
    }
  }
}
