// Windows: which messages of a thread go into the next request. The memory keeps all of them.
import { BesedaError, type Message, messageTokens } from "@beseda/core";
import { fit } from "./fit.ts";

/**
 * Given the messages of a thread from the newest back, gives those to send, oldest first. It takes only as many as it
 * needs, which is why the last messages of a long thread are quick to load. The iterable is to be used before the
 * function returns, not kept.
 */
export type Window = (fromNewest: Iterable<Message>) => Message[];

/** No window: the thread. For short conversations, exports and tests. */
export const wholeThread: Window = (fromNewest) => [...fromNewest].reverse();

/**
 * At most the last `count` messages. Fewer where the cut would part a tool call from its result or, at the price of no
 * more than half of them, to start at a user message.
 */
export function lastMessages(count: number): Window {
  requirePositive(count, "lastMessages");
  return (fromNewest) => fit(fromNewest, count, () => 1);
}

/**
 * As many of the last messages as fit into `tokens`, cut as in `lastMessages`. `count` says how many tokens a message
 * is; without it they are estimated by `messageTokens`, good to about a third. Leave room in the model's context for the
 * instructions, the tools and what the run itself adds.
 */
export function tokenBudget(tokens: number, options: { count?: (message: Message) => number } = {}): Window {
  requirePositive(tokens, "tokenBudget");
  const { count = messageTokens } = options;
  return (fromNewest) => fit(fromNewest, tokens, count);
}

/**
 * What memories do unless told otherwise: about 16,000 tokens, half of the 32,000 that the smallest of the common
 * hosted models take, so that a bot which runs for months neither overfills its context nor pays for it.
 */
export const defaultWindow: Window = tokenBudget(16_000);

function requirePositive(limit: number, name: string): void {
  if (limit > 0) return;
  throw new BesedaError(`${name}(${limit}) keeps nothing.`, {
    code: "invalid-argument",
    hint: `Give ${name} a number above 0, or leave the window out.`,
  });
}
