import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ModelEvent } from "../ports/language-model.ts";
import { fencedProtocol, reactProtocol } from "./other-protocols.fake.ts";
import { ToolCallSplitter } from "./tool-call-splitter.ts";
import { hermesProtocol, type ToolProtocol } from "./tool-protocol.ts";

const finish: ModelEvent = { type: "finish", finishReason: "stop" };

/** What comes out, joined: text, and `name(input)` for a call; `…` where a call was shown but never handed over. */
function read(events: readonly ModelEvent[][], splitter = new ToolCallSplitter(hermesProtocol)): string[] {
  const said: string[] = [];
  const inputs = new Map<string, { name: string; input: string; at: number }>();
  let isText = false;
  for (const event of events.flatMap((each) => splitter.split(each))) {
    if (event.type === "text-delta") {
      if (isText) said[said.length - 1] += event.text;
      else said.push(event.text);
    } else if (event.type === "tool-input-start") {
      inputs.set(event.toolCallId, { name: event.toolName, input: "", at: said.push(`${event.toolName}…`) - 1 });
    } else if (event.type === "tool-input-delta") {
      expect(event.delta).not.toBe("");
      const call = inputs.get(event.toolCallId);
      if (call) call.input += event.delta;
    } else if (event.type === "tool-call") {
      const call = inputs.get(event.toolCallId);
      expect(call).toMatchObject({ name: event.toolName, input: event.input });
      said[call?.at ?? -1] = `${event.toolName}(${event.input})`;
    } else if (event.type === "finish") said.push(event.finishReason);
    isText = event.type === "text-delta";
  }
  return said;
}

function readText(pieces: readonly string[], protocol: ToolProtocol = hermesProtocol): string[] {
  const events = [...pieces.map((text): ModelEvent[] => [{ type: "text-delta", text }]), [finish]];
  return read(events, new ToolCallSplitter(protocol));
}

const call = (toolName: string, input = "{}") => hermesProtocol.writeCall({ toolName, input });

describe("ToolCallSplitter", () => {
  it("tells calls from text, one or several", () => {
    expect(readText([`One moment.\n${call("look", '{"q":"a"}')}\n${call("look", '{"q":"b"}')}`])).toEqual([
      "One moment.",
      'look({"q":"a"})',
      'look({"q":"b"})',
      "tool-calls",
    ]);
  });

  it("leaves text without calls as it is, to the last space", () => {
    const text = " a < b <tool \n\n```js\nlet x = '<tool_call>';\n```\n <tool_ca ll> `<tool_call>` \r\n\u2028\ufeff ";
    expect(readText([text])).toEqual([text, "stop"]);
  });

  it("shows text at once where no call can come of it, and an input as it is being written", () => {
    const splitter = new ToolCallSplitter(hermesProtocol);
    const push = (text: string) => splitter.split([{ type: "text-delta", text }]);
    expect(push("Hello, wor")).toEqual([{ type: "text-delta", text: "Hello, wor" }]);
    expect(push("ld.\n<tool")).toEqual([{ type: "text-delta", text: "ld." }]);
    expect(push('_call>\n{"name": "look", "arg')).toEqual([]);
    const [start, delta] = push('uments": {"q": "Ом');
    expect(start).toMatchObject({ type: "tool-input-start", toolName: "look" });
    expect(delta).toMatchObject({ type: "tool-input-delta", delta: '{"q": "Ом' });
    expect(push('ск"')).toMatchObject([{ type: "tool-input-delta", delta: 'ск"' }]);
    expect(push("}")).toMatchObject([
      { type: "tool-input-delta", delta: "}" },
      { type: "tool-call", input: '{"q": "Омск"}' },
    ]);
  });

  it.each<[string, string, string[]]>([
    ["results", `${call("a")}\n<tool_response>\na: 4\n</tool_response>\nIt is 4.${call("b")}`, ["a({})"]],
    ["an answer", `${call("a")}\n${call("b")}\nThe answer is 4.`, ["a({})", "b({})"]],
    ["an answer without having ended the call", '<tool_call>{"name":"a","arguments":{}}\nIt is 4.', ["a({})"]],
  ])("ends a reply that makes up %s after its calls, without waiting for its end", (_, text, calls) => {
    const splitter = new ToolCallSplitter(hermesProtocol);
    const pieces = [...text].map((character): ModelEvent[] => [{ type: "text-delta", text: character }]);
    expect(read(pieces, splitter)).toEqual([...calls, "tool-calls"]);
    expect(splitter.isFinished).toBe(true);
  });

  it("keeps the usage of a reply that came at once, whatever it made up", () => {
    const usage = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };
    const text = `${call("a")}\nThe answer is 4.`;
    const events = new ToolCallSplitter(hermesProtocol).split([
      { type: "text-delta", text },
      { type: "finish", finishReason: "length", usage },
    ]);
    expect(events.at(-1)).toEqual({ type: "finish", finishReason: "tool-calls", usage });
  });

  it.each<[string, string, string]>([
    ["no end", '<tool_call>\n{"name": "a", "arguments": {"q": "unfini', 'a({"q": "unfini)'],
    ["no closing quote", '<tool_call>\n{"name": "a", "arguments": {"q": "x}}\n</tool_call>', 'a({"q": "x})'],
    ["no closing bracket of its own", '<tool_call>{"name": "a", "arguments": {"q": 1}</tool_call>', 'a({"q": 1})'],
    ["no closing bracket at all", '<tool_call>{"name": "a", "arguments": {"q": [1, 2</tool_call>', 'a({"q": [1, 2)'],
    ["no object", "<tool_call>\nlook for it\n</tool_call>", "(look for it)"],
    ["no name", '<tool_call>{"q": "x"}</tool_call>', '({"q": "x"})'],
    ["nothing", "<tool_call>", "()"],
  ])("hands over a broken call as it was written, never as text: with %s", (_, text, expected) => {
    expect(readText([`Well.\n${text}`])).toEqual(["Well.", expected, "tool-calls"]);
  });

  it.each<[string, string, string]>([
    ["the arguments first", '{"arguments": {"q": "</tool_call>"}, "name": "a"}', 'a({"q":"</tool_call>"})'],
    ["Llama's word for them", '{"name": "a", "parameters": {"q": 1}}', 'a({"q": 1})'],
    ["none", '{"name": "a"}', "a({})"],
    ["null", '{"name": "a", "arguments": null}', "a(null)"],
    ["arguments beside the name", '{"name": "a", "q": 1}', 'a({"q":1})'],
    ["arguments as text", '{"name": "a", "arguments": "{\\"q\\": 1}"}', 'a("{\\"q\\": 1}")'],
    ["more fields after them", '{"name": "a", "arguments": {"q": 1}}', 'a({"q": 1})'],
    ["a code fence", '```json\n{"name": "a", "arguments": {"q": 1}}\n```', 'a({"q": 1})'],
    ["the end tag in a string", '{"name": "a", "arguments": {"q": "</tool_call>\\""}}', 'a({"q": "</tool_call>\\""})'],
    ["line breaks in a string", '{"name": "a", "arguments": {"q": "x\ny", "r": "}"}}', 'a({"q": "x\ny", "r": "}"})'],
  ])("takes calls as models write them: with %s", (_, json, expected) => {
    expect(readText([`<tool_call>${json}</tool_call>\n${call("b")}`])).toEqual([expected, "b({})", "tool-calls"]);
  });

  it.each<[string, string, string[]]>([
    ["on a line of its own", `So:\n  ${call("a")}`, ["So:", "a({})", "tool-calls"]],
    ["inside a line, where an object follows", `So: ${call("a")}`, ["So:", "a({})", "tool-calls"]],
    [
      "alone in a code block",
      `So:\n\`\`\`xml\n${call("a")}\n\`\`\`\n${call("b")}`,
      ["So:", "a({})", "b({})", "tool-calls"],
    ],
    ["after thinking", `<think>hm</think> ${call("a")}`, ["<think>hm</think>", "a({})", "tool-calls"]],
  ])("takes a call %s", (_, text, expected) => {
    expect(readText([text])).toEqual(expected);
  });

  it.each<[string, string]>([
    ["inside a line, where no object follows", "I write <tool_call> and call."],
    ["quoted", `I write \`${call("a")}\``],
    ["in a code block with other things", `So:\n\`\`\`text\nuser: hi\n${call("a")}\n\`\`\`\nThat is all.`],
    ["between think tags", `<think>I could say\n${call("a")}\nor not.</think>No.`],
    ["in thinking that does not end", `<think>I could say\n${call("a")}`],
  ])("takes what only looks like a call for text: %s", (_, text) => {
    expect(readText([text])).toEqual([text, "stop"]);
  });

  it("passes the model's own reasoning on, which holds no calls, wherever it comes", () => {
    const thought: ModelEvent = { type: "reasoning-delta", text: call("no") };
    const text = `Hm ${call("yes")}\n${call("also")}`;
    const splitter = new ToolCallSplitter(hermesProtocol);
    const pieces = [...text].map((each): ModelEvent[] => [{ type: "text-delta", text: each }, thought]);
    const out = [...pieces, [finish]].flatMap((each) => splitter.split(each));
    expect(out.filter((event) => event.type === "reasoning-delta")).toHaveLength(text.length);
    expect(out.filter((event) => event.type === "tool-call").map(({ toolName }) => toolName)).toEqual(["also"]);
  });

  it("takes a rewritten text for the whole reply, and calls in it once", () => {
    const replaced = (text: string): ModelEvent[] => [{ type: "text-replace", text }];
    const splitter = new ToolCallSplitter(hermesProtocol);
    const heard = [
      splitter.split([{ type: "text-delta", text: `Bad.\n${call("a")}` }]),
      splitter.split(replaced(`Good.\n${call("a")}\n${call("b")}`)),
      splitter.split(replaced("Sorry. ")),
      splitter.split([
        { type: "text-delta", text: "End." },
        { type: "finish", finishReason: "content-filter" },
      ]),
    ];
    expect(heard[1]?.[0]).toEqual({ type: "text-replace", text: "Good." });
    expect(heard.flat().flatMap((event) => (event.type === "tool-call" ? [event.toolName] : []))).toEqual(["a", "b"]);
    expect(heard[2]).toEqual([{ type: "text-replace", text: "Sorry." }]);
    expect(heard[3]).toEqual([
      { type: "text-delta", text: " End." },
      { type: "finish", finishReason: "content-filter" },
    ]);
  });

  it("drops the calls of a model that was told to make none", () => {
    const splitter = new ToolCallSplitter(hermesProtocol, { dropsCalls: true });
    expect(read([[{ type: "text-delta", text: `So.\n${call("a")}` }], [finish]], splitter)).toEqual(["So.", "stop"]);
  });

  it("says `length` where the reply was cut, also in the middle of a call", () => {
    const cut: ModelEvent = { type: "finish", finishReason: "length" };
    expect(read([[{ type: "text-delta", text: call("a").slice(0, -25) }], [cut]]).at(-1)).toBe("length");
    expect(read([[{ type: "text-delta", text: "So" }], [cut]])).toEqual(["So", "length"]);
  });
});

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
      { numRuns: 1_500 },
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
      { numRuns: 300 },
    );
  });

  // Twice as much work for each character than for the one before would take minutes.
  it.each([
    ["space", " "],
    ["line breaks", "\n"],
    ["backticks", "`"],
    ["fences", "\n```\n"],
    ["beginnings of a mark", protocol.callStart.slice(0, -1)],
    ["marks", protocol.callStart],
    ["tags", "<think></think>"],
    ["brackets", "}"],
  ])("takes time in proportion to a text of nothing but %s, before, in and after a call", (_name, bit) => {
    const text = bit.repeat(200_000 / bit.length);
    const head = protocol.writeCall({ toolName: "a", input: "INPUT" }).split("INPUT")[0] ?? "";
    for (const before of ["", protocol.callStart, `${head}{`, `${head}{"`, `${head}{}`]) {
      readText([before, text], protocol);
      readText([before, ...text], protocol);
    }
  });
});
