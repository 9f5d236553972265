import { describe, expect, it } from "vitest";
import type { ModelEvent, ModelRequest } from "../ports/language-model.ts";
import { collect, lookup, question, textIn } from "../testing/ask-model.ts";
import { languageModelCases } from "../testing/language-model-cases.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { withFinalAnswerTool } from "./final-answer-tool.ts";

const outputSchema = { type: "object", properties: { n: { type: "number" } } };
const answer = { toolName: "final_answer", input: { n: 7 } };

async function asked(reply: ScriptedReply, more: Partial<ModelRequest> = {}) {
  const model = scriptedModel([reply]);
  const events = await collect(withFinalAnswerTool(model), { ...question(), outputSchema, ...more });
  return { events, request: model.requests[0] as ModelRequest, text: lastText(events), finish: events.at(-1) };
}

function lastText(events: ModelEvent[]): string {
  return textIn(events.slice(events.findLastIndex(({ type }) => type === "text-replace") + 1));
}

describe("a model with a final-answer tool", () => {
  for (const { name, run } of languageModelCases({
    answering: (replies) => withFinalAnswerTool(scriptedModel(replies)),
  })) {
    it(name, run);
  }

  it("says the input of that tool as its text, and that it stopped", async () => {
    const { request, events, text, finish } = await asked({ toolCalls: [answer] });
    expect(text).toBe('{"n":7}');
    expect(finish).toMatchObject({ type: "finish", finishReason: "stop" });
    expect(events.some(({ type }) => type.startsWith("tool-"))).toBe(false);
    expect(request.tools).toMatchObject([{ name: "final_answer", inputSchema: outputSchema }]);
    expect(request).toMatchObject({ toolChoice: { toolName: "final_answer" } });
    expect(request).not.toHaveProperty("outputSchema");
  });

  it("says it too where the input came in one piece, and takes back what was said before", async () => {
    const inner = scriptedModel([]);
    const call = { type: "tool-call", toolCallId: "1", toolName: "final_answer", input: '{"n":7}' } as const;
    const stream = async function* (): AsyncGenerator<ModelEvent[]> {
      yield [{ type: "text-delta", text: "So: " }, call, { type: "finish", finishReason: "tool-calls" }];
    };
    const events = await collect(withFinalAnswerTool({ ...inner, stream }), { ...question(), outputSchema });
    expect(events.map(({ type }) => type)).toEqual(["text-delta", "text-replace", "text-delta", "finish"]);
    expect(lastText(events)).toBe('{"n":7}');
  });

  it("takes the last of two answers", async () => {
    expect((await asked({ toolCalls: [answer, { ...answer, input: { n: 8 } }] })).text).toBe('{"n":8}');
  });

  it("lets other calls go first", async () => {
    const { events, finish } = await asked(
      { toolCalls: [{ toolName: "lookup", input: { query: "x" } }, answer] },
      { tools: [lookup] },
    );
    expect(finish).toMatchObject({ finishReason: "tool-calls" });
    expect(events.flatMap((event) => (event.type === "tool-call" ? event.toolName : []))).toEqual(["lookup"]);
  });

  it("keeps its name apart from the tools', and its list of tools the same from call to call", async () => {
    const tools = [{ ...lookup, name: "final_answer" }];
    const model = scriptedModel([{ text: "a" }, { text: "b" }]);
    const wrapped = withFinalAnswerTool(model);
    for (let call = 0; call < 2; call++) await collect(wrapped, { ...question(), outputSchema, tools });
    expect(model.requests[0]?.tools.map(({ name }) => name)).toEqual(["final_answer", "final_answer_"]);
    expect(model.requests[1]?.tools).toBe(model.requests[0]?.tools);
  });

  it.each<[ModelRequest["toolChoice"], ModelRequest["toolChoice"]]>([
    ["auto", "required"],
    ["required", "required"],
    ["none", { toolName: "final_answer" }],
    [{ toolName: "lookup" }, { toolName: "lookup" }],
  ])("turns the tool choice %j into %j", async (toolChoice, expected) => {
    expect((await asked({ text: "" }, { tools: [lookup], toolChoice })).request.toolChoice).toEqual(expected);
  });
});

describe("an answer by a tool that comes later", () => {
  const call = { type: "tool-call", toolCallId: "1", toolName: "final_answer", input: '{"n":7}' } as const;
  const response: ModelEvent[] = [
    { type: "text-delta", text: "So: " },
    call,
    { type: "finish", finishReason: "tool-calls" },
  ];
  const submitted: ModelRequest[] = [];
  const poll = async () => ({ id: "1", done: true, response });
  const operations = {
    async submit(request: ModelRequest) {
      submitted.push(request);
      return { id: "1", done: false };
    },
    poll,
    cancel: poll,
  };
  const later = () => withFinalAnswerTool({ ...scriptedModel([]), operations }).operations;

  it("is its text too, whoever comes back for it", async () => {
    await later()?.submit({ ...question(), outputSchema });
    expect(submitted.at(-1)).toMatchObject({ tools: [{ name: "final_answer" }] });
    expect(submitted.at(-1)).not.toHaveProperty("outputSchema");
    const events = (await later()?.poll("1"))?.response ?? [];
    expect([lastText(events), events.at(-1)]).toMatchObject(['{"n":7}', { finishReason: "stop" }]);
  });

  it("could not be told from a call of a tool of the same name, which is refused", async () => {
    const tools = [{ ...lookup, name: "final_answer" }];
    const refused = later()?.submit({ ...question(), tools, outputSchema });
    await expect(refused).rejects.toMatchObject({ code: "unsupported", hint: expect.stringContaining("another name") });
  });
});
