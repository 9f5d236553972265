// The calls of one step, side by side: parts as they happen, results in the model's order.
import { BesedaError } from "../errors.ts";
import type { ToolCallPart, ToolMessage } from "../message.ts";
import { outputText } from "../tool/output-text.ts";
import type { CallLimit } from "./call-limit.ts";
import { type JournalledRun, runJournalledCall } from "./journalled-call.ts";
import type { RepeatBreaker } from "./repeat-breaker.ts";
import type { Outcome } from "./run-call.ts";
import type { RunsBelow } from "./runs-below.ts";
import type { StopSwitch } from "./stop-switch.ts";
import type { StreamPart } from "./stream-part.ts";

export type ToolRun = Omit<JournalledRun, "limits" | "journalled"> & {
  /** How many may run at once. */
  concurrency: number;
  repeats: RepeatBreaker;
  /** Stores a result; its part is yielded after that. */
  keep(result: ToolMessage): Promise<void> | undefined;
};

export type WaitingCall = { call: ToolCallPart; subRun: RunsBelow["waiting"] };

/** One result for each call; those of waiting calls say so. */
export type ToolResults = { results: ToolMessage[]; waiting: WaitingCall[] };

/** Throws the reason when the run is stopped, and `tool-loop`; whatever goes wrong in a tool becomes its result. */
export async function* runTools(
  calls: readonly ToolCallPart[],
  run: ToolRun,
): AsyncGenerator<StreamPart[], ToolResults> {
  const notes = calls.map((call) => run.repeats.note(call));
  const results = new Array<ToolMessage>(calls.length);
  const waiting: WaitingCall[] = [];
  const inbox = new Inbox<Arrival>();
  const limits = new Set<CallLimit>();
  const queue = calls.entries();
  let isOver = false;
  const startNext = (): void => {
    const { value, done } = queue.next();
    if (done || isOver) return;
    const [index, call] = value;
    const outlet = {
      progress: (progress: unknown) => inbox.put({ call, progress }),
      forward: (parts: readonly StreamPart[]) => inbox.put({ call, parts }),
    };
    void runJournalledCall(call, outlet, { ...run, limits }).then(
      (outcome) => {
        inbox.put({ call, outcome, index });
        startNext();
      },
      (failure: unknown) => inbox.put({ call, failure }),
    );
  };
  run.stop.throwIfStopped();
  run.stop.onStop = (reason) => {
    for (const limit of limits) limit.stop(reason);
    inbox.wake();
  };
  try {
    for (let running = 0; running < Math.min(run.concurrency, calls.length); running++) startNext();
    for (let open = calls.length; open > 0; ) {
      const parts: StreamPart[] = [];
      for (const arrival of await inbox.take(run.stop)) {
        const { toolCallId, toolName, input } = arrival.call;
        const called = { toolCallId, toolName, runId: run.speaker.runId };
        if ("progress" in arrival) parts.push({ type: "tool-progress", ...called, progress: arrival.progress });
        else if ("failure" in arrival) throw arrival.failure;
        else if ("parts" in arrival) parts.push(...arrival.parts.flatMap((part) => fromBelow(part, toolCallId)));
        else {
          const { call, outcome, index } = arrival;
          const message = toolMessage(call, outcome, run.tools.get(toolName)?.maxOutputChars, notes[index]);
          results[index] = message;
          await run.keep(message);
          if (outcome.type === "waits") waiting.push({ call, subRun: outcome.subRun });
          else if (outcome.type === "error") {
            const denied = outcome.isDenied && { isDenied: outcome.isDenied };
            parts.push({ type: "tool-error", ...called, input, error: message.output, ...denied });
          } else parts.push({ type: "tool-result", ...called, input, output: outcome.output });
          open--;
        }
      }
      if (parts.length > 0) yield parts;
    }
  } finally {
    isOver = true;
    run.stop.onStop = undefined;
    // Those that are left over where a result could not be stored.
    for (const limit of limits) limit.stop(new BesedaError("The run has ended.", { code: "aborted" }));
  }
  return { results, waiting: waiting.sort((a, b) => calls.indexOf(a.call) - calls.indexOf(b.call)) };
}

type Arrival =
  | { call: ToolCallPart; progress: unknown }
  | { call: ToolCallPart; parts: readonly StreamPart[] }
  | { call: ToolCallPart; outcome: Outcome; index: number }
  | { call: ToolCallPart; failure: unknown };

/** What a run below asks a person is asked by this run, in its own name. */
function fromBelow(part: StreamPart, toolCallId: string): StreamPart[] {
  if (part.type === "tool-approval-request") return [];
  return [part.parentCallId === undefined ? { ...part, parentCallId: toolCallId } : part];
}

function toolMessage(call: ToolCallPart, outcome: Outcome, maxOutputChars = 2_000, note?: string): ToolMessage {
  const { toolCallId, toolName } = call;
  const called = { role: "tool", toolCallId, toolName } as const;
  if (outcome.type === "waits") {
    return { ...called, output: "Not carried out yet: this call waits for the user's approval.", isPending: true };
  }
  const answer = outcome.type === "answer" ? outputText(outcome.output, maxOutputChars) : outcome.error;
  const message: ToolMessage = { ...called, output: note ? `${answer}\n\n${note}` : answer };
  return outcome.type === "answer" ? message : { ...message, isError: true };
}

/** What arrives from several sides, taken together by one reader. */
class Inbox<Item> {
  #items: Item[] = [];
  #resolve: (() => void) | undefined;

  put(item: Item): void {
    this.#items.push(item);
    this.wake();
  }

  wake(): void {
    this.#resolve?.();
  }

  /** At least one item. Throws the reason as soon as the run is stopped, where whoever stops it wakes. */
  async take(stop: StopSwitch): Promise<Item[]> {
    if (this.#items.length === 0 && !stop.isStopped) {
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
      });
    }
    stop.throwIfStopped();
    return this.#items.splice(0);
  }
}
