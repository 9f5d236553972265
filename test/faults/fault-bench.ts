// What every fault test needs: an agent over the faulty server, what its user gets, many runs at once, one line of counts.
import { Agent, type AgentOptions, RunError, type RunResult, type StreamPart } from "@beseda/core";
import { type ModelServer, type ModelServerOptions, startModelServer } from "@beseda/core/testing";
import { type OpenAICompatibleOptions, openaiCompatible } from "@beseda/providers/openai-compatible";
import { onTestFinished } from "vitest";

/** A server that closes after the test. */
export async function serving(options: ModelServerOptions): Promise<ModelServer> {
  const server = await startModelServer(options);
  onTestFinished(() => server.close());
  return server;
}

export type FaultAgentOptions = Omit<AgentOptions, "model"> & { model?: Partial<OpenAICompatibleOptions> };

/** Retries come at once, unless the model options say something else. */
export function agentOver({ url }: { url: string }, { model, ...options }: FaultAgentOptions = {}): Agent {
  const retry = { longestWaitMs: 0 };
  return new Agent({ ...options, model: openaiCompatible({ baseURL: url, model: "test-model", retry, ...model }) });
}

/** What a user gets of one run: every part, and either the result or the error with the result so far. */
export type Outcome = { parts: StreamPart[]; result: RunResult; error: RunError | undefined };

export async function outcomeOf(
  agent: Agent,
  input: string,
  options?: Parameters<Agent["stream"]>[1],
): Promise<Outcome> {
  const run = agent.stream(input, options);
  const parts: StreamPart[] = [];
  for await (const part of run.fullStream) parts.push(part);
  try {
    return { parts, result: await run.result, error: undefined };
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    return { parts, result: error.result, error };
  }
}

/** The text that was shown while the run went on. */
export function textShown({ parts }: Outcome): string {
  return parts.map((part) => (part.type === "text-delta" ? part.text : "")).join("");
}

/** Does it for 0, 1, … count - 1, so many at once. */
export async function inParallel(count: number, atOnce: number, act: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await act(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Numbers from 0 to 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

/** The one line that a fault test prints. */
export function tell(fault: string, counts: Record<string, number | string>): void {
  const told = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  process.stdout.write(`${fault}: ${told.join(", ")}\n`);
}

/** One turn of the event loop, in which sockets are read. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
