// The calls of one step, side by side: parts as they happen, results in the model's order.
import { BesedaError, describeThrown } from "../errors.ts";
import type { ToolCallPart, ToolMessage } from "../message.ts";
import { outputText } from "../tool/output-text.ts";
import type { Tool, ToolContext } from "../tool/tool.ts";
import type { RepeatBreaker } from "./repeat-breaker.ts";
import type { StreamPart } from "./stream-part.ts";
import { startTimer } from "./timeouts.ts";

export type ToolRun = {
  tools: ReadonlyMap<string, Tool>;
  /** How many may run at once. */
  concurrency: number;
  toolMs: number;
  signal: AbortSignal;
  repeats: RepeatBreaker;
  context: Omit<ToolContext, "signal" | "progress" | "callId">;
  /** Stores a result; its part is yielded after that. */
  keep(result: ToolMessage): Promise<void>;
};

/** Throws the signal's reason when the run is stopped, and `tool-loop`; whatever goes wrong in a tool becomes its result. */
export async function* runTools(
  calls: readonly ToolCallPart[],
  run: ToolRun,
): AsyncGenerator<StreamPart[], ToolMessage[]> {
  const notes = calls.map((call) => run.repeats.note(call));
  const results = new Array<ToolMessage>(calls.length);
  const inbox = new Inbox<Arrival>(run.signal);
  const waiting = calls.entries();
  const startNext = (): void => {
    const { value, done } = waiting.next();
    if (done) return;
    const [index, call] = value;
    const progress = (progress: unknown) => inbox.put({ call, progress });
    void runOne(call, progress, run).then((outcome) => {
      inbox.put({ call, outcome, index });
      startNext();
    });
  };
  for (let running = 0; running < run.concurrency; running++) startNext();

  for (let open = calls.length; open > 0; ) {
    const parts: StreamPart[] = [];
    for (const arrival of await inbox.take()) {
      const { toolCallId, toolName, input } = arrival.call;
      const called = { toolCallId, toolName, runId: run.context.runId };
      if ("progress" in arrival) {
        parts.push({ type: "tool-progress", ...called, progress: arrival.progress });
        continue;
      }
      const { outcome, index } = arrival;
      const message = toolMessage(arrival.call, outcome, run.tools.get(toolName)?.maxOutputChars, notes[index]);
      results[index] = message;
      await run.keep(message);
      if (outcome.ok) parts.push({ type: "tool-result", ...called, input, output: outcome.output });
      else parts.push({ type: "tool-error", ...called, input, error: message.output });
      open--;
    }
    yield parts;
  }
  return results;
}

type Outcome = { ok: true; output: unknown } | { ok: false; error: string };
type Arrival = { call: ToolCallPart; progress: unknown } | { call: ToolCallPart; outcome: Outcome; index: number };

/** Never rejects. */
async function runOne(call: ToolCallPart, progress: (value: unknown) => void, run: ToolRun): Promise<Outcome> {
  const { toolName, toolCallId, input } = call;
  const tool = run.tools.get(toolName);
  if (!tool) {
    const known = [...run.tools.keys()].join(", ");
    return {
      ok: false,
      error: `There is no tool "${toolName}". ${known ? `There are: ${known}.` : "There are none."}`,
    };
  }
  const schema = () => `Call ${toolName} again with input that fits its schema: ${JSON.stringify(tool.inputSchema)}`;
  if (call.invalid) return { ok: false, error: `The input is not valid JSON: ${jsonProblem(input)}. ${schema()}` };
  const validation = await tool.validate(input);
  if (!validation.ok) return { ok: false, error: `The input does not fit: ${validation.problem}. ${schema()}` };

  const limit = new AbortController();
  const onRunAbort = () => limit.abort(run.signal.reason);
  run.signal.addEventListener("abort", onRunAbort);
  const timeoutMs = tool.timeout ?? run.toolMs;
  const timer = startTimer(timeoutMs, () =>
    limit.abort(new BesedaError(`${toolName} did not answer in ${timeoutMs} ms.`, { code: "timeout" })),
  );
  let isOver = false;
  try {
    if (run.signal.aborted) onRunAbort();
    const context: ToolContext = {
      ...run.context,
      callId: toolCallId,
      signal: limit.signal,
      progress: (value) => {
        if (!isOver) progress(value);
      },
    };
    const output = await orAborted(limit.signal, async () => tool.execute(validation.value, context));
    return { ok: true, output };
  } catch (thrown) {
    return { ok: false, error: describeThrown(thrown) };
  } finally {
    isOver = true;
    clearTimeout(timer);
    run.signal.removeEventListener("abort", onRunAbort);
  }
}

/** What the work resolves to, or the signal's reason, whichever is first; work that goes on is left alone. */
function orAborted<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    if (signal.aborted) reject(signal.reason);
    else work().then(resolve, reject);
  });
}

function jsonProblem(text: unknown): string {
  try {
    JSON.parse(String(text));
    return "it cannot be read";
  } catch (error) {
    return describeThrown(error);
  }
}

function toolMessage(call: ToolCallPart, outcome: Outcome, maxOutputChars = 2_000, note?: string): ToolMessage {
  const answer = outcome.ok ? outputText(outcome.output, maxOutputChars) : outcome.error;
  const message: ToolMessage = {
    role: "tool",
    toolCallId: call.toolCallId,
    toolName: call.toolName,
    output: note ? `${answer}\n\n${note}` : answer,
  };
  return outcome.ok ? message : { ...message, isError: true };
}

/** What arrives from several sides, taken together by one reader. */
class Inbox<Item> {
  readonly #signal: AbortSignal;
  #items: Item[] = [];
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    // The signal lives as long as the run; so may this listener.
    signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  put(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** At least one item. Throws the signal's reason as soon as it is aborted. */
  async take(): Promise<Item[]> {
    if (this.#items.length === 0 && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#signal.throwIfAborted();
    return this.#items.splice(0);
  }
}
