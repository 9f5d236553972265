import type { Message } from "@beseda/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultWindow, lastMessages, tokenBudget, type Window, wholeThread } from "./window.ts";

const user = (content: string): Message => ({ role: "user", content });
const says = (text: string): Message => ({ role: "assistant", content: [{ type: "text", text }] });
const calls = (...ids: string[]): Message => ({
  role: "assistant",
  content: ids.map((toolCallId) => ({ type: "tool-call", toolCallId, toolName: "t", input: {} })),
});
const result = (toolCallId: string, output = "out"): Message => ({ role: "tool", toolCallId, toolName: "t", output });
const fitted = (window: Window, thread: Message[]) => window([...thread].reverse());

describe("a window", () => {
  it("of the last messages keeps their order, and the whole of a thread that fits", () => {
    const thread = [says("Welcome"), user("a"), says("b")];
    expect(fitted(lastMessages(3), thread)).toEqual(thread);
    expect(fitted(lastMessages(2), thread)).toEqual([user("a"), says("b")]);
    expect(fitted(wholeThread, thread)).toEqual(thread);
  });

  it("starts at a user message where that costs no more than half", () => {
    const thread = [user("a"), says("b"), user("c"), says("d"), user("e"), says("f")];
    expect(fitted(lastMessages(5), thread)).toEqual(thread.slice(2));
  });

  it("keeps a long last run rather than forget it for a tidy beginning", () => {
    const run = [calls("1"), result("1"), calls("2"), result("2"), says("Here it is.")];
    expect(fitted(lastMessages(6), [user("Find it"), ...run, user("Thanks")])).toEqual([...run, user("Thanks")]);
  });

  it("leaves a result out whose call has no room", () => {
    const thread = [user("a"), calls("1", "2"), result("1"), result("2"), says("b"), user("c")];
    expect(fitted(lastMessages(4), thread)).toEqual([user("c")]);
    expect(fitted(lastMessages(5), thread)).toEqual(thread.slice(1));
  });

  it("keeps a result with its call when the user spoke in between", () => {
    const thread = [calls("1"), user("Well?"), result("1"), says("b")];
    expect(fitted(lastMessages(3), [user("a"), ...thread])).toEqual([says("b")]);
    expect(fitted(lastMessages(4), [user("a"), ...thread])).toEqual(thread);
  });

  it("knows calls apart whose ids are used again", () => {
    const thread = [calls("1"), result("1"), calls("1"), result("1")];
    expect(fitted(lastMessages(3), thread)).toEqual(thread.slice(2));
  });

  it("reads no further back than it needs", () => {
    let read = 0;
    function* fromNewest() {
      for (;;) {
        read++;
        yield user("x");
      }
    }
    expect(lastMessages(50)(fromNewest())).toHaveLength(50);
    expect(read).toBe(51);
  });

  it("of tokens counts as it is told, and by an estimate otherwise", () => {
    const thread = [user("a"), says("b"), user("c")];
    expect(fitted(tokenBudget(20, { count: () => 10 }), thread)).toEqual(thread.slice(2));
    expect(fitted(tokenBudget(30, { count: () => 10 }), thread)).toEqual(thread);
    expect(fitted(defaultWindow, [user("x".repeat(70_000)), user("y")])).toEqual([user("y")]);
  });

  it("of a single message that is larger than all the room keeps nothing, so that the next question can be asked", () => {
    expect(fitted(tokenBudget(1_000), [user("x".repeat(5_000))])).toEqual([]);
  });

  it("refuses a room of nothing", () => {
    for (const room of [0, -1, Number.NaN]) {
      expect(() => lastMessages(room)).toThrow(/keeps nothing/);
      expect(() => tokenBudget(room)).toThrow(/keeps nothing/);
    }
  });

  it("never parts a result from its call, never keeps more than there is room for, and always keeps the end", () => {
    const ids = fc.constantFrom("1", "2", "3");
    const group = fc.oneof(
      fc.string().map((text) => [user(text)]),
      fc.string().map((text) => [says(text)]),
      fc.uniqueArray(ids, { minLength: 1 }).map((each) => [calls(...each), ...each.map((id) => result(id))]),
    );
    const threads = fc.array(group, { maxLength: 12 }).map((groups) => groups.flat());
    fc.assert(
      fc.property(threads, fc.integer({ min: 1, max: 20 }), (thread, count) => {
        const kept = fitted(lastMessages(count), thread);
        expect(kept.length).toBeLessThanOrEqual(count);
        expect(kept).toEqual(thread.slice(thread.length - kept.length));
        const called = new Set<string>();
        for (const message of kept) {
          if (message.role === "tool") expect(called.has(message.toolCallId)).toBe(true);
          if (message.role !== "assistant") continue;
          for (const part of message.content) if (part.type === "tool-call") called.add(part.toolCallId);
        }
      }),
    );
  });
});
