import { describe, expect, it } from "vitest";
import type { ModelEvent } from "../ports/language-model.ts";
import { call, finish, read, readText } from "./read-reply.fake.ts";
import { ToolCallSplitter } from "./tool-call-splitter.ts";
import { hermesProtocol } from "./tool-protocol.ts";

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
    ["an answer after arguments as text", '<tool_call>{"name":"a","arguments":"{}"}\nIt is 4.', ['a("{}")']],
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
    ["half an end", '<tool_call>{"name": "a", "arguments": {"q": 1, </tool_c', 'a({"q": 1, </tool_c)'],
    ["no JSON", '<tool_call>{"name": "a", "arguments": look "it}</tool_call>', 'a(look "it)'],
    ["no object", "<tool_call>\nlook for it\n</tool_call>", "(look for it)"],
    ["no object and half an end", "<tool_call>\nlook</tool_", "(look</tool_)"],
    ["no name", '<tool_call>{"q": "x"}</tool_call>', '({"q": "x"})'],
    ["nothing", "<tool_call>", "()"],
  ])("hands over a broken call as it was written, never as text: with %s", (_, text, expected) => {
    for (const pieces of [[`Well.\n${text}`], [..."Well.\n", ...text]]) {
      expect(readText(pieces)).toEqual(["Well.", expected, "tool-calls"]);
    }
  });

  it.each<[string, string, string]>([
    ["the arguments first", '\n{"arguments": {"q": "</tool_call>"}, "name": "a"}', 'a({"q":"</tool_call>"})'],
    ["Llama's word for them", '{"name": "a", "parameters": {"q": 1}}', 'a({"q": 1})'],
    ["none", '{"name": "a"}', "a({})"],
    ["null", '{"name": "a", "arguments": null}', "a(null)"],
    ["arguments beside the name", '{"name": "a", "q": 1}', 'a({"q":1})'],
    ["arguments as text", '{"name": "a", "arguments": "{\\"q\\": 1}"}', 'a("{\\"q\\": 1}")'],
    ["more fields after them", '{"name": "a", "arguments": {"q": 1}}', 'a({"q": 1})'],
    ["a code fence", '```json\n{"name": "a", "arguments": {"q": 1}}\n```', 'a({"q": 1})'],
    ["the end tag in a string", '{"name": "a", "arguments": {"q": "</tool_call>\\""}}', 'a({"q": "</tool_call>\\""})'],
    [
      "line breaks in a string",
      '{"name": "a", "arguments": {"q": "x\ny", "r": "}</tool_call>"}}',
      'a({"q": "x\ny", "r": "}</tool_call>"})',
    ],
    ["brackets in brackets", '{"name": "a", "arguments": {"q": {"r": [1] }}}', 'a({"q": {"r": [1] }})'],
  ])("takes calls as models write them: with %s", (_, json, expected) => {
    const text = `<tool_call>${json}</tool_call>\n${call("b")}`;
    for (const pieces of [[text], [...text]]) expect(readText(pieces)).toEqual([expected, "b({})", "tool-calls"]);
  });

  it.each<[string, string, string[]]>([
    ["on a line of its own", `So:\n  ${call("a")}`, ["So:", "a({})", "tool-calls"]],
    ["inside a line, where an object follows", `So: ${call("a")}`, ["So:", "a({})", "tool-calls"]],
    [
      "alone in a code block",
      `So:\n\`\`\`xml\n${call("a")}\n\`\`\`\n${call("b")}`,
      ["So:", "a({})", "b({})", "tool-calls"],
    ],
    [
      "in each of two code blocks",
      `\`\`\`xml\n${call("a")}\n\`\`\`\n\n\`\`\`xml\n${call("b")}\n\`\`\``,
      ["a({})", "b({})", "tool-calls"],
    ],
    ["in a code block of another name", `\`\`\`tool-call\r\n${call("a")}\r\n\`\`\``, ["a({})", "tool-calls"]],
    ["after a code block", `\`\`\`js\nx\n\`\`\`\n${call("a")}`, ["```js\nx\n```", "a({})", "tool-calls"]],
    ["after backticks inside a line", `Or \`\`\` so.\n${call("a")}`, ["Or ``` so.", "a({})", "tool-calls"]],
    ["after thinking, a broken one too", "`<think>hm</think><tool_call>a", ["`<think>hm</think>", "(a)", "tool-calls"]],
    ["after thinking", `<think>hm</think> ${call("a")}`, ["<think>hm</think>", "a({})", "tool-calls"]],
  ])("takes a call %s", (_, text, expected) => {
    expect(readText([text])).toEqual(expected);
  });

  it.each<[string, string]>([
    ["inside a line, where no object follows", "I write <tool_call> and call."],
    [
      "in a text of an object",
      String.raw`{"html": "Write <tool_call>{\"name\": \"a\", \"arguments\": {}}</tool_call>."}`,
    ],
    ["inside a line, with an object far away", `I write <tool_call>${" ".repeat(200)}{ and so on.`],
    ["between backticks", `\`\`\`${call("a")}\`\`\``],
    ["in a code block with a title", `\`\`\`xml title=Example\n${call("a")}\n\`\`\``],
    ["in the last line of a code block", `\`\`\`js\nx\n\`\`\` <tool_call> is how.`],
    ["quoted", `I write \`${call("a")}\``],
    ["in a code block with other things", `So:\n\`\`\`text\nuser: hi\n${call("a")}\n\`\`\`\nThat is all.`],
    ["between think tags", `<think>I could say\n${call("a")}\nor not.</think>No.`],
    ["in thinking that does not end", `<think>I could say\n${call("a")}`],
  ])("takes what only looks like a call for text: %s", (_, text) => {
    expect(readText([text])).toEqual([text, "stop"]);
  });

  it("passes the model's own reasoning on, which holds no calls, wherever it comes", () => {
    const thought: ModelEvent = { type: "reasoning-delta", text: call("no") };
    const texts = [
      "So <to",
      'ols>:\n<tool_call>{"name": "a", "argum',
      'ents": {"q"',
      ": 1}}",
      "\n</tool",
      `_call>${call("b")}`,
    ];
    const events = texts.map((text): ModelEvent[] => [{ type: "text-delta", text }, thought]);
    const splitter = new ToolCallSplitter(hermesProtocol);
    const out = [...events, [finish]].flatMap((each) => splitter.split(each));
    expect(out.filter((event) => event.type === "reasoning-delta")).toHaveLength(texts.length);
    expect(out.map((event) => (event.type === "text-delta" ? event.text : "")).join("")).toBe("So <tools>:");
    expect(out.flatMap((event) => (event.type === "tool-call" ? [`${event.toolName}(${event.input})`] : []))).toEqual([
      'a({"q": 1})',
      "b({})",
    ]);
  });

  it("lets no reasoning overtake the text before it", () => {
    const thought: ModelEvent = { type: "reasoning-delta", text: "hm" };
    const splitter = new ToolCallSplitter(hermesProtocol);
    const textOf = (text: string) =>
      splitter
        .split([{ type: "text-delta", text }, thought])
        .map((event) => (event.type === "text-delta" ? event.text : event.type))
        .join("");
    expect(textOf("So\n<to")).toBe("So\n<toreasoning-delta");
    expect(textOf("ols> <tool_call> ")).toBe("ols> <tool_call> reasoning-delta");
    expect(textOf("and")).toBe("andreasoning-delta");
  });

  it("takes a rewritten text for the whole reply, and calls in it once", () => {
    const splitter = new ToolCallSplitter(hermesProtocol);
    const shown = (event: ModelEvent) =>
      splitter.split([event]).flatMap((each) => {
        if (each.type === "tool-call") return [`${each.toolName}()`];
        return each.type === "finish" ? [each.finishReason] : "text" in each ? [each.text] : [];
      });
    expect(shown({ type: "text-delta", text: "Bad.\n<tool_" })).toEqual(["Bad."]);
    expect(shown({ type: "text-replace", text: `Fine.\n${call("a")}` })).toEqual(["Fine.", "a()"]);
    expect(shown({ type: "text-replace", text: `Good.\n${call("a")}\n${call("b")}` })).toEqual(["Good.", "b()"]);
    const three = `${call("a")}\n${call("b")}\n${call("c")}`;
    expect(shown({ type: "text-replace", text: `${three}\n\`\`\`` })).toEqual(["", "c()"]);
    expect(shown({ type: "text-replace", text: "Sorry. " })).toEqual(["Sorry."]);
    expect(shown({ type: "text-delta", text: "End.\n" })).toEqual([" End."]);
    expect(shown({ type: "text-replace", text: three })).toEqual([""]);
    expect(shown({ type: "text-replace", text: "Sorry." })).toEqual(["Sorry."]);
    expect(shown({ type: "finish", finishReason: "content-filter" })).toEqual(["content-filter"]);
  });

  it("drops the calls of a model that was told to make none", () => {
    const splitter = new ToolCallSplitter(hermesProtocol, { dropsCalls: true });
    expect(read([[{ type: "text-delta", text: `So.\n${call("a")}` }], [finish]], splitter)).toEqual(["So.", "stop"]);
    const another = new ToolCallSplitter(hermesProtocol, { dropsCalls: true });
    const unfinished = call("a").slice(0, -25);
    expect(read([[{ type: "text-delta", text: `So.\n${unfinished}` }], [finish]], another)).toEqual(["So.", "stop"]);
  });

  it("says `length` where the reply was cut, also in the middle of a call", () => {
    const cut: ModelEvent = { type: "finish", finishReason: "length" };
    expect(read([[{ type: "text-delta", text: call("a").slice(0, -25) }], [cut]]).at(-1)).toBe("length");
    expect(read([[{ type: "text-delta", text: "So" }], [cut]])).toEqual(["So", "length"]);
  });
});
