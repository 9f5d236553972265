import type { ModelEvent } from "@beseda/core";
import { describe, expect, it } from "vitest";
import type { ChatToolCallPiece } from "./chat-wire.ts";
import { ChatReply } from "./from-chat-chunk.ts";
import { quirks } from "./quirks.ts";

const tools = ["add", "weather", "get_weather"];

/** The calls that these pieces make, each piece in a chunk of its own. */
function callsOf(...pieces: (ChatToolCallPiece | null)[]): { id: string; call: string }[] {
  const reply = new ChatReply(quirks.standard, tools);
  const events: ModelEvent[] = [];
  for (const piece of pieces) reply.add({ choices: [{ delta: { tool_calls: [piece] } }] }, events);
  reply.add({ choices: [{ delta: {}, finish_reason: "tool_calls" }] }, events);
  reply.end(events);
  return events.flatMap((event) =>
    event.type === "tool-call" ? [{ id: event.toolCallId, call: `${event.toolName}(${event.input})` }] : [],
  );
}

const names = (calls: { call: string }[]) => calls.map(({ call }) => call);

describe("tool calls", () => {
  it("are put together from pieces, two of them interleaved", () => {
    const calls = callsOf(
      { index: 0, id: "a", function: { name: "add", arguments: "" } },
      { index: 1, id: "b", function: { name: "weather", arguments: "" } },
      { index: 0, function: { arguments: '{"x"' } },
      { index: 1, function: { arguments: '{"c' } },
      { index: 0, id: "", function: { name: "", arguments: ":1}" } },
      { index: 1, id: null, function: { name: null, arguments: 'ity":"Омск"}' } },
    );
    expect(calls).toEqual([
      { id: "a", call: 'add({"x":1})' },
      { id: "b", call: 'weather({"city":"Омск"})' },
    ]);
  });

  it.each<[string, ChatToolCallPiece[], string[]]>([
    [
      "every index is 0 and the ids differ",
      [whole("a", "add", 0, 1), whole("b", "add", 0, 2)],
      ['add({"x":1})', 'add({"x":2})'],
    ],
    [
      "every index is 0, there are no ids, the names differ",
      [whole("", "add", 0, 1), whole("", "weather", 0, 2)],
      ['add({"x":1})', 'weather({"x":2})'],
    ],
    [
      "every index is 0, there are no ids, the names are the same",
      [whole("", "add", 0, 1), whole("", "add", 0, 2)],
      ['add({"x":1})', 'add({"x":2})'],
    ],
    [
      "there are neither ids nor indexes",
      [whole("", "add", null, 1), whole("", "add", null, 2)],
      ['add({"x":1})', 'add({"x":2})'],
    ],
    [
      "there are ids but no indexes",
      [whole("a", "add", null, 1), whole("b", "weather", null, 2)],
      ['add({"x":1})', 'weather({"x":2})'],
    ],
    [
      "two calls have the same id",
      [whole("a", "add", 0, 1), whole("a", "add", 1, 2)],
      ['add({"x":1})', 'add({"x":2})'],
    ],
    [
      "pieces without index and id go on with the last",
      [{ id: "a", function: { name: "add", arguments: '{"x"' } }, { function: { arguments: ":1}" } }],
      ['add({"x":1})'],
    ],
    [
      "the id and the name come with every piece",
      [
        { index: 0, id: "a", function: { name: "add", arguments: '{"x"' } },
        { index: 0, id: "a", function: { name: "add", arguments: ":1}" } },
        { index: 0, id: "a", function: { name: "add", arguments: "" } },
      ],
      ['add({"x":1})'],
    ],
    [
      "the id and the name come with every piece, and spaces after the whole arguments",
      [
        { index: 0, id: "a", function: { name: "add", arguments: '{"x":1}' } },
        { index: 0, id: "a", function: { name: "add", arguments: " \n" } },
      ],
      ['add({"x":1} \n)'],
    ],
    [
      "ids come with every piece, indexes never, and they interleave",
      [
        { id: "a", function: { name: "add", arguments: '{"x"' } },
        { id: "b", function: { name: "add", arguments: '{"x"' } },
        { id: "a", function: { arguments: ":1}" } },
        { id: "b", function: { arguments: ":2}" } },
      ],
      ['add({"x":1})', 'add({"x":2})'],
    ],
    [
      "the name comes in pieces",
      [
        { index: 0, id: "a", function: { name: "get_" } },
        { index: 0, function: { name: "weather" } },
        { index: 0, function: { arguments: "{}" } },
      ],
      ["get_weather({})"],
    ],
    [
      "names of two calls without arguments follow each other at one index",
      [
        { index: 0, function: { name: "add" } },
        { index: 0, function: { name: "weather" } },
      ],
      ["add({})", "weather({})"],
    ],
    [
      "the arguments are an object",
      [{ index: 0, id: "a", function: { name: "add", arguments: { x: 1 } } }],
      ['add({"x":1})'],
    ],
    [
      "the arguments are empty, null or missing",
      [
        { id: "a", function: { name: "add", arguments: " " } },
        { id: "b", function: { name: "add", arguments: null } },
        { id: "c", function: { name: "add" } },
      ],
      ["add({})", "add({})", "add({})"],
    ],
    [
      "the beginning of the arguments is JSON already",
      [
        { index: 0, id: "a", function: { name: "add", arguments: "1" } },
        { index: 0, function: { arguments: "2" } },
      ],
      ["add(12)"],
    ],
    ["a piece belongs to nothing", [{ index: 3, function: { arguments: "" } }], []],
  ])("are told apart where %s", (_name, pieces, expected) => {
    const calls = callsOf(...pieces);
    expect(names(calls)).toEqual(expected);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  });

  it("get an id of ours where the server sends none, one twice, or the name for an id", () => {
    const ids = callsOf(whole("add", "add", 0, 1), whole("add", "add", 1, 2), whole("", "add", 2, 3)).map(
      ({ id }) => id,
    );
    expect(ids).toEqual(Array(3).fill(expect.stringMatching(/^call_[0-9a-f]{24}$/)));
    expect(new Set(ids).size).toBe(3);
  });

  it("have texts for ids where the server counts them, and none for a piece that is null", () => {
    const pieces = [{ ...whole("", "add", null, 1), id: 0 }, null, { ...whole("", "add", null, 2), id: 1 }];
    expect(callsOf(...pieces)).toEqual([
      { id: "0", call: 'add({"x":1})' },
      { id: "1", call: 'add({"x":2})' },
    ]);
  });

  it("that are 128 in one reply stay 128", () => {
    const pieces = Array.from({ length: 128 }, (_, index) => whole(`id-${index}`, "add", index, index));
    expect(callsOf(...pieces)).toHaveLength(128);
  });

  it("are the same when the reply comes in one piece", () => {
    const message = { content: null, tool_calls: [whole("add", "add", 0, 1), whole("b", "weather", 1, 2)] };
    const body = {
      choices: [{ message, finish_reason: "tool_calls" }],
      usage: { prompt_tokens: 1, completion_tokens: 2 },
    };
    const events = new ChatReply(quirks.standard, tools).whole(body);
    const calls = events.flatMap((event) => (event.type === "tool-call" ? [`${event.toolName}(${event.input})`] : []));
    expect(calls).toEqual(['add({"x":1})', 'weather({"x":2})']);
    expect(events.at(-1)).toMatchObject({ type: "finish", finishReason: "tool-calls", usage: { totalTokens: 3 } });
  });
});

function whole(id: string, name: string, index: number | null, x: number): ChatToolCallPiece {
  return { index, id, function: { name, arguments: JSON.stringify({ x }) } };
}
