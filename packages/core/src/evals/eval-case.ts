// What an agent is asked in an evaluation, and what a scorer is shown of how it did.
import type { RunOptions } from "../agent/agent-options.ts";
import type { RunResult } from "../agent/run-record.ts";
import { type Message, textOf, toolCallsOf, type UserMessage } from "../message.ts";

export type EvalCase<Expected = unknown> = {
  /** For people. Default: what is said. */
  name?: string;
  /** A text, a message, or a conversation that ends with the user's message. */
  input: string | UserMessage | readonly Message[];
  /** The right answer, for the scorers that compare with it. */
  expected?: Expected;
  /** The calls that have to be made, in any order, for `toolCall()`. An empty list: none may be made. */
  toolCalls?: readonly ExpectedCall[];
  /** Who speaks, on which thread, with which context. Without a `threadId` each run stands alone. */
  options?: Omit<RunOptions, "signal" | "parent">;
};

/** Only what is in `input` is compared; a call may have more. Without it any call of the tool will do. */
export type ExpectedCall = { toolName: string; input?: Readonly<Record<string, unknown>> };

/** `output` is what the model read. */
export type EvalCall = { toolName: string; input: unknown; output?: string; isError?: true };

export type EvalAnswer<Expected = unknown> = {
  /** What was said, as text. */
  input: string;
  expected: Expected | undefined;
  expectedCalls: readonly ExpectedCall[] | undefined;
  /** The text of the answer. */
  answer: string;
  /** The answer as an object, of an agent with an `output` schema. */
  output: unknown;
  toolCalls: readonly EvalCall[];
  result: RunResult;
  /** Aborted when the evaluation is. */
  signal: AbortSignal | undefined;
};

/** From 0, all wrong, to 1, all right; `true` is 1. Nothing where the scorer has nothing to say on the case. */
export type Score = number | boolean | { score: number; reason?: string } | undefined;

/** Any function of an answer. Its name is what the report calls it. */
export type Scorer<Expected = unknown> = (answer: EvalAnswer<Expected>) => Score | Promise<Score>;

export function inputText(input: EvalCase["input"]): string {
  if (typeof input === "string") return input;
  const messages = "role" in input ? [input] : input;
  return messages.length === 1 && messages[0] ? textOf(messages[0]) : transcript(messages);
}

export function callsOf({ steps }: Pick<RunResult, "steps">): EvalCall[] {
  return steps.flatMap(({ message, toolResults }) =>
    toolCallsOf(message).map(({ toolCallId, toolName, input }): EvalCall => {
      const answered = toolResults.find((result) => result.toolCallId === toolCallId);
      return {
        toolName,
        input,
        ...(answered && { output: answered.output }),
        ...(answered?.isError && { isError: true }),
      };
    }),
  );
}

function transcript(messages: readonly Message[]): string {
  return messages.map((message) => `${message.role}: ${textOf(message)}`).join("\n");
}
