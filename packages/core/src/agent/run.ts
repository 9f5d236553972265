// What `agent.stream()` returns: one run, to be read once, as parts or as text, or awaited as a whole.
import { BesedaError, describeThrown } from "../errors.ts";
import { noUsage, type UserMessage } from "../message.ts";
import { agentLoop, type RunTask } from "./agent-loop.ts";
import { messagesOf } from "./agent-options.ts";
import type { AgentPlan } from "./agent-plan.ts";
import type { CallLink } from "./call-link.ts";
import { CallersSignal } from "./callers-signal.ts";
import type { EventBus } from "./event-bus.ts";
import { PartIterator, type PartSource } from "./part-iterator.ts";
import { type PartialOutput, partialOutputPicker, textPicker } from "./pick-parts.ts";
import type { RunResult } from "./run-record.ts";
import { Steering } from "./steering.ts";
import { StopSwitch } from "./stop-switch.ts";
import type { StreamPart } from "./stream-part.ts";
import { startTimer } from "./timeouts.ts";

/**
 * Nothing happens until somebody reads or awaits it. Leaving the iteration (`break`, `return`) stops the run and its
 * tools; the thread stays valid.
 */
export class Run<Output = unknown> {
  readonly runId: string;
  readonly #stop = new StopSwitch();
  readonly #bus: EventBus;
  readonly #start: () => AsyncGenerator<StreamPart[]>;
  readonly #limitMs: number;
  readonly #callersSignal: AbortSignal | undefined;
  readonly #link: CallLink | undefined;
  readonly #userId: string | undefined;
  readonly #steering = new Steering();
  readonly #result: Promise<RunResult<Output>>;
  #loop: AsyncGenerator<StreamPart[]> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #listening: CallersSignal | undefined;
  #reader: object | undefined;
  #fullStream: PartIterator<StreamPart> | undefined;
  #textStream: PartIterator<string> | undefined;
  #partialOutputStream: PartIterator<PartialOutput<Output>> | undefined;

  constructor(
    agent: AgentPlan,
    bus: EventBus,
    given: Omit<RunTask, "stop" | "steering" | "settle"> & {
      signal: AbortSignal | undefined;
      /** What it has come to before: it is not asked again. */
      ended: RunResult | undefined;
    },
  ) {
    const { speaker, link, timeouts, signal, ended } = given;
    this.runId = speaker.runId;
    this.#link = link;
    this.#userId = speaker.userId;
    this.#bus = bus;
    this.#limitMs = timeouts.totalMs;
    this.#callersSignal = signal;
    let settle: RunTask["settle"] = () => {};
    this.#result = new Promise((resolve, reject) => {
      settle = (outcome) => {
        // Here and not at the last read: a reader need not read on after the terminal part.
        clearTimeout(this.#timer);
        this.#listening?.leave();
        if ("error" in outcome) return reject(outcome.error);
        this.#link?.runs.end(outcome.result);
        // The loop has validated what it says is the output.
        resolve(outcome.result as RunResult<Output>);
      };
    });
    // Whoever reads the stream sees the error there; not awaiting the result must not end the process.
    this.#result.catch(() => {});
    this.#start = () => {
      if (ended) return endedRun(ended, settle);
      const { asked, store, instructions, journal } = given;
      const stop = this.#stop;
      const steering = this.#steering;
      return agentLoop(agent, { asked, speaker, store, timeouts, instructions, link, journal, stop, steering, settle });
    };
  }

  /** Every part as it happens. A run that fails ends with an `error` part, it does not throw. */
  get fullStream(): AsyncIterableIterator<StreamPart> {
    this.#fullStream ??= new PartIterator(this.#source(), "fullStream", (part) => part);
    return this.#fullStream;
  }

  /**
   * The text as it is written, without any reasoning, an empty line between what was said before and after a tool call.
   * Throws the `RunError` of a run that fails; a run that was stopped just ends. A text that the provider rewrites comes
   * again, whole, on a new line.
   */
  get textStream(): AsyncIterableIterator<string> {
    this.#textStream ??= new PartIterator(this.#source(), "textStream", textPicker());
    return this.#textStream;
  }

  /**
   * Of an agent with an `output` schema: the object as far as it has been written, again and again. Not validated yet;
   * what was handed out does not change any more. Throws as `textStream` does.
   */
  get partialOutputStream(): AsyncIterableIterator<PartialOutput<Output>> {
    this.#partialOutputStream ??= new PartIterator(
      this.#source(),
      "partialOutputStream",
      partialOutputPicker<Output>(),
    );
    return this.#partialOutputStream;
  }

  /**
   * The whole run. Rejects with a `RunError` where it failed, which carries what had been reached; a run that was
   * stopped resolves with finish reason `aborted`. Reads the run to its end, unless somebody else is reading it.
   */
  get result(): Promise<RunResult<Output>> {
    if (this.#reader === undefined) {
      this.#reader = this;
      void this.#drain();
    }
    return this.#result;
  }

  /**
   * Says something to the run while it works: the model sees it at its next step, and there is one more step where the
   * run was about to end with an answer. Where no step follows, it is kept in the thread. False where the run is over: say
   * it as a new message then.
   * @throws BesedaError `invalid-argument` for an empty message
   */
  steer(message: string | UserMessage): boolean {
    const [said] = messagesOf(message, this.#userId);
    return this.#steering.add(said as UserMessage);
  }

  /** Stops the run and its tools. What was said so far is kept. */
  cancel(reason: unknown = "cancelled"): void {
    this.#stop.stop(
      new BesedaError(`The run was stopped: ${describeThrown(reason)}.`, { code: "aborted", cause: reason }),
    );
  }

  /**
   * Made for a reader of parts alone. What literals every run makes, V8 takes for long-lived where runs last, and
   * allocates among the old: there it keeps all of the run, long over, until the next full collection.
   */
  #source(): PartSource {
    return {
      pull: (reader, name) => {
        this.#reader ??= reader;
        return this.#reader === reader ? this.#next() : Promise.reject(alreadyRead(name));
      },
      publish: (parts) => this.#publish(parts),
      leave: async (reader) => {
        if (this.#reader !== reader && this.#reader !== undefined) return;
        this.#reader = reader;
        this.cancel("its reader left");
        await this.#drain();
      },
    };
  }

  async #drain(): Promise<void> {
    for (let next = await this.#next(); !next.done; next = await this.#next()) this.#publish(next.value);
  }

  #next(): Promise<IteratorResult<StreamPart[]>> {
    this.#loop ??= this.#begin();
    return this.#loop.next();
  }

  #publish(parts: readonly StreamPart[]): void {
    this.#link?.forward(parts);
    this.#bus.publish(parts, this.runId, this.#link?.caller);
  }

  #begin(): AsyncGenerator<StreamPart[]> {
    const signal = this.#callersSignal;
    if (signal) this.#listening = new CallersSignal(signal, (reason) => this.cancel(reason));
    this.#timer = startTimer(this.#limitMs, () =>
      this.#stop.stop(
        new BesedaError(`The run took longer than ${this.#limitMs} ms.`, {
          code: "timeout",
          hint: "Ask for less at once, or raise timeouts.totalMs of the agent.",
        }),
      ),
    );
    return this.#start();
  }
}

/** Of a run that a tool has started before it had to wait: it costs nothing again. */
async function* endedRun(result: RunResult, settle: RunTask["settle"]): AsyncGenerator<StreamPart[]> {
  const { runId, agentName, threadId, finishReason } = result;
  yield [{ type: "start", agentName, threadId, input: [], runId }];
  settle({ result });
  yield [{ type: "finish", finishReason, totalUsage: noUsage, runId }];
}

function alreadyRead(name: string): BesedaError {
  return new BesedaError(`This run is already being read, so ${name} has nothing to give.`, {
    code: "invalid-argument",
    hint: "A run has one reader: take fullStream for everything, agent.on() to watch besides, or run.result.",
  });
}
