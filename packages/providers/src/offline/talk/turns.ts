// The thread as turns: what a person said, what was called for it, and what came of it.
import { type Message, textOf, toolCallsOf } from "@beseda/core";

type Call = { toolCallId: string; toolName: string; input: Record<string, unknown> };
export type Outcome = Call & { output: string; isError: boolean };
/**
 * A message is understood by its beginning; `rest` is what comes after that, for a text that goes to a tool whole.
 * `steps` are the replies with calls, in order; `answer` is what was said without one.
 */
export type Turn = { text: string; rest: string; steps: Outcome[][]; answer: string };

const mostRead = 6_000;

export function turnsOf(messages: readonly Message[]): Turn[] {
  const turns: Turn[] = [];
  for (const message of messages) {
    if (message.role === "user") {
      const text = textOf(message);
      turns.push({ text: text.slice(0, mostRead), rest: text.slice(mostRead), steps: [], answer: "" });
      continue;
    }
    const turn = turns.at(-1);
    if (!turn) continue;
    if (message.role === "assistant") {
      const step = toolCallsOf(message).map(({ toolCallId, toolName, input }) => ({
        toolCallId,
        toolName,
        input: isObject(input) ? input : {},
        output: "",
        isError: false,
      }));
      if (step.length > 0) turn.steps.push(step);
      else turn.answer = textOf(message);
    } else {
      const outcome = turn.steps.at(-1)?.find((each) => each.toolCallId === message.toolCallId);
      if (outcome) Object.assign(outcome, { output: message.output, isError: message.isError === true });
    }
  }
  return turns;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
