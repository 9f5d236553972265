// As much of the end of a thread as there is room for, cut only where a thread can be cut.
import type { Message } from "@beseda/core";

/**
 * Walks from the newest message back, stops at the first that no longer fits, and gives the kept ones oldest first. A
 * tool result is kept only together with its call. What is kept starts at a user message, unless that would throw
 * away more than half of it: the answer to the last question is worth more than a tidy beginning.
 */
export function fit(fromNewest: Iterable<Message>, room: number, weigh: (message: Message) => number): Message[] {
  const kept: Message[] = [];
  const withoutCall = new Set<string>();
  let cut = { length: 0, weight: 0 };
  let cutAtUser = cut;
  let weight = 0;
  for (const message of fromNewest) {
    weight += weigh(message);
    if (weight > room) {
      const { length } = cutAtUser.weight * 2 >= cut.weight ? cutAtUser : cut;
      return kept.slice(0, length).reverse();
    }
    kept.push(message);
    follow(message, withoutCall);
    if (withoutCall.size > 0) continue;
    cut = { length: kept.length, weight };
    if (message.role === "user") cutAtUser = cut;
  }
  return kept.reverse();
}

/** Ids may be used again in a later step, so a call answers for the results between it and the next of its name. */
function follow(message: Message, withoutCall: Set<string>): void {
  if (message.role === "tool") withoutCall.add(message.toolCallId);
  if (message.role !== "assistant") return;
  for (const part of message.content) if (part.type === "tool-call") withoutCall.delete(part.toolCallId);
}
