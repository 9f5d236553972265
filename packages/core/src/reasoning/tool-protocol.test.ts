import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fencedProtocol, reactProtocol } from "./other-protocols.fake.ts";
import { call, finish, readText } from "./read-reply.fake.ts";
import { ToolCallSplitter } from "./tool-call-splitter.ts";
import { hermesProtocol } from "./tool-protocol.ts";

const bits = [
  ...'<>`{}[]"\\/\n :,a',
  "  ",
  "```",
  "```json\n",
  "<tool_call>",
  "</tool_call>",
  "<tool_call>{",
  "<tool_",
  "<think>",
  "</think>",
  '{"name": "a", "arguments": ',
  '"arguments": {"q": ',
  '{"name": "b"}',
  '{"q": "x"}',
  "null",
  "Action:",
  "Action: a\nAction Input: ",
  "\nObservation:",
  "```tool_call\n",
  call("c"),
  reactProtocol.writeCall({ toolName: "d", input: "{}" }),
];

describe.each([
  ["Hermes", hermesProtocol],
  ["ReAct", reactProtocol],
  ["code blocks", fencedProtocol],
])("the protocol of %s", (_, protocol) => {
  it("reads the same from any text, wherever it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...bits), { maxLength: 30 }), fc.array(fc.nat()), (list, cuts) => {
        const text = list.join("");
        const edges = [0, ...cuts.map((cut) => cut % (text.length + 1)).sort((a, b) => a - b), text.length];
        const whole = readText([text], protocol);
        expect(
          readText(
            edges.slice(1).map((end, index) => text.slice(edges[index], end)),
            protocol,
          ),
        ).toEqual(whole);
        expect(readText([...text], protocol)).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it("reads every call that it writes, with any input", () => {
    const calls = fc.array(fc.tuple(fc.stringMatching(/^[\w-]{1,64}$/), fc.dictionary(fc.string(), fc.jsonValue())), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(calls, (list) => {
        const text = list.map(([toolName, input]) => protocol.writeCall({ toolName, input: JSON.stringify(input) }));
        const heard = new ToolCallSplitter(protocol).split([{ type: "text-delta", text: text.join("\n") }, finish]);
        const read = heard.flatMap((event) =>
          event.type === "tool-call" ? [[event.toolName, JSON.parse(event.input)]] : [],
        );
        expect(JSON.stringify(read)).toBe(JSON.stringify(list));
      }),
      { numRuns: 100 },
    );
  });
});

// Quadratic work would take minutes here.
it.each([
  ["space", " "],
  ["line breaks", "\n"],
  ["backticks", "`"],
  ["fences", "\n```\n"],
  ["beginnings of a mark", "<tool_call"],
  ["marks", "<tool_call>"],
  ["think tags", "<think></think>"],
  ["brackets", "}"],
])("takes time in proportion to a text of nothing but %s, before, in and after a call", (_, bit) => {
  const text = bit.repeat(60_000 / bit.length);
  for (const before of ["", "So: <tool_call>", "<tool_call>", '<tool_call>{"name": "a", "arguments": {"', call("a")]) {
    for (const pieces of [
      [before, text.repeat(8)],
      [before, ...text],
    ]) {
      const splitter = new ToolCallSplitter(hermesProtocol);
      for (const piece of pieces) splitter.split([{ type: "text-delta", text: piece }]);
      splitter.split([finish]);
    }
  }
});
