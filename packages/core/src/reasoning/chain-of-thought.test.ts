import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelEvent } from "../ports/language-model.ts";
import { ThinkSplitter } from "./chain-of-thought.ts";

function split(pieces: readonly string[], splitter = new ThinkSplitter()): { answer: string; thinking: string } {
  const events: ModelEvent[] = [
    ...pieces.map((text): ModelEvent => ({ type: "text-delta", text })),
    { type: "finish", finishReason: "stop" },
  ];
  const out = events.flatMap((event) => splitter.split([event]));
  const join = (type: ModelEvent["type"]) =>
    out.map((event) => (event.type === type && "text" in event ? event.text : "")).join("");
  return { answer: join("text-delta"), thinking: join("reasoning-delta") };
}

describe("ThinkSplitter", () => {
  const reply = "<think>\nДва плюс два — 4? a < b </thin k>\n</think>\n\nОтвет: 4 <b>\n<think>again</think>\nend <thi";

  it("tells thinking from the answer", () => {
    expect(split([reply])).toEqual({
      thinking: "Два плюс два — 4? a < b </thin k>again",
      answer: "Ответ: 4 <b>end <thi",
    });
  });

  it("gives the same, wherever the text is cut in two or three", () => {
    const whole = split([reply]);
    for (let one = 0; one <= reply.length; one++) {
      for (let two = one; two <= reply.length; two++) {
        expect(split([reply.slice(0, one), reply.slice(one, two), reply.slice(two)])).toEqual(whole);
      }
    }
  });

  it("leaves tags alone in an answer that is an object: they stand in its texts", () => {
    const answer = '{"html": "a <think> b </think> c"}';
    expect(split([`<think>hm</think>\n${answer}\n`])).toEqual({ thinking: "hm", answer: `${answer}\n` });
  });

  it("gives the same for any text in any pieces", () => {
    const pieces = fc.array(
      fc.constantFrom("<think>", "</think>", "<", "/think>", "think", " ", "\n", "a", "<thi", "{"),
    );
    fc.assert(
      fc.property(pieces, (list) => {
        expect(split(list)).toEqual(split([list.join("")]));
        expect(split([...list.join("")])).toEqual(split([list.join("")]));
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes time in proportion to the text, also where that is nothing but space or tags", () => {
    // Quadratic work would take minutes here.
    for (const bit of [" ", "<think", "<think>", "</think>", "<think></think>"]) {
      const text = bit.repeat(200_000 / bit.length);
      for (const pieces of [[text], text]) {
        const splitter = new ThinkSplitter();
        for (const piece of pieces) splitter.split([{ type: "text-delta", text: piece }]);
      }
    }
  });

  it("shows text at once where no tag can come of it", () => {
    const splitter = new ThinkSplitter();
    expect(splitter.split([{ type: "text-delta", text: "Hello, wor" }])).toEqual([
      { type: "text-delta", text: "Hello, wor" },
    ]);
  });

  it("begins inside for models whose template has opened the tag", () => {
    const splitter = new ThinkSplitter({ startsInside: true });
    expect(split(["thinking</think>answer"], splitter)).toEqual({ thinking: "thinking", answer: "answer" });
  });

  it("gives a rewritten text without its thinking, and goes on after it", () => {
    const splitter = new ThinkSplitter();
    splitter.split([{ type: "text-delta", text: "<think>hm</think>bad" }]);
    expect(splitter.split([{ type: "text-replace", text: "<think>hm</think>good" }])).toEqual([
      { type: "text-replace", text: "good" },
    ]);
    expect(splitter.split([{ type: "text-delta", text: " end" }])).toEqual([{ type: "text-delta", text: " end" }]);
  });

  it("leaves a tool call where it stands, after the thinking that led to it", () => {
    const splitter = new ThinkSplitter();
    const call: ModelEvent = { type: "tool-call", toolCallId: "1", toolName: "look", input: "{}" };
    expect(splitter.split([{ type: "text-delta", text: "<think>look it up</think>" }, call])).toEqual([
      { type: "reasoning-delta", text: "look it up" },
      call,
    ]);
  });
});
