import { afterEach, describe, expect, it } from "vitest";
import { complete, completeInLines, user } from "../ask-fake.ts";
import { startYandexServer, type YandexServer, type YandexServerOptions } from "../yandex-server.ts";

let server: YandexServer;
const start = async (options: YandexServerOptions = {}) => {
  server = await startYandexServer(options);
};
afterEach(() => server.close());

const add = {
  function: {
    name: "add",
    parameters: { type: "object", properties: { xs: { type: "array", items: { type: "integer" } } } },
  },
};
const call = (name: string, xs: number[]) => ({ functionCall: { name, arguments: { xs } } });
const calls = (...toolCalls: object[]) => ({ role: "assistant", toolCallList: { toolCalls } });
const results = (...names: string[]) => ({
  role: "user",
  toolResultList: { toolResults: names.map((name) => ({ functionResult: { name, content: "3" } })) },
});
const answer = (text: string, status: string) => ({
  result: { alternatives: [{ message: { text }, status: `ALTERNATIVE_STATUS_${status}` }] },
});

describe("tools of the fake", () => {
  const twoCalls = [
    { name: "add", arguments: { xs: [1, 2] } },
    { name: "add", arguments: { xs: [3] } },
  ];

  it("are called with objects, and take results by name and order in a message of the user", async () => {
    await start({ replies: [{ toolCalls: twoCalls }, { text: "3 and 3" }] });
    const first = await complete(server, { tools: [add], toolChoice: { mode: "AUTO" } });
    const message = calls(call("add", [1, 2]), call("add", [3]));
    expect(first.body).toMatchObject({
      result: { alternatives: [{ message, status: "ALTERNATIVE_STATUS_TOOL_CALLS" }] },
    });
    const second = await complete(server, { tools: [add], messages: [user("?"), message, results("add", "add")] });
    expect(second.body).toMatchObject(answer("3 and 3", "FINAL"));
  });

  it("are called without a text beside the calls, in a stream too", async () => {
    await start({ replies: [{ text: ["Let me ", "add."], toolCalls: twoCalls }] });
    const lines = await completeInLines(server, { tools: [add] });
    expect(lines).toMatchObject([
      { result: { alternatives: [{ message: calls(call("add", [1, 2]), call("add", [3])) }] } },
    ]);
    expect(JSON.stringify(lines)).not.toContain("Let me");
  });

  it("come in one message of a stream, one at most where they may not be parallel, none with NONE", async () => {
    await start({ replies: [{ toolCalls: twoCalls }, { toolCalls: twoCalls }, { toolCalls: twoCalls }] });
    const one = {
      result: { alternatives: [{ message: calls(call("add", [1, 2])), status: "ALTERNATIVE_STATUS_TOOL_CALLS" }] },
    };
    expect(await completeInLines(server, { tools: [add] })).toHaveLength(1);
    expect(await completeInLines(server, { tools: [add], parallelToolCalls: false })).toMatchObject([one]);
    const none = await complete(server, { tools: [add], toolChoice: { mode: "NONE" } });
    expect(none.body).toMatchObject({
      result: { alternatives: [{ message: { text: expect.stringContaining("add") } }] },
    });
  });
});

describe("without a script", () => {
  const asked = async (added: Record<string, unknown>) => {
    const { body } = await complete(server, added);
    return (body as { result: { alternatives: { message: { text?: string; toolCallList?: unknown } }[] } }).result
      .alternatives[0]?.message;
  };

  it("answers in the language of the question, calls a tool that is mentioned and reads out its result", async () => {
    await start();
    expect((await asked({ messages: [user("Как дела?")] }))?.text).toContain("Как дела?");
    const tools = [add];
    const called = await asked({ tools, messages: [user("add 1 and 2")] });
    expect(called).toEqual(calls(call("add", [1, 2])));
    expect((await asked({ tools, messages: [user("add 1 and 2"), called, results("add")] }))?.text).toContain("3");
    expect((await asked({ tools, toolChoice: { functionName: "add" } }))?.toolCallList).toBeDefined();
  });

  it("calls a tool that it has to call, with arguments by its schema, and again after its results", async () => {
    await start();
    const toll = { function: { name: "toll", parameters: { type: "object", properties: { n: { type: "integer" } } } } };
    const paid = calls({ functionCall: { name: "toll", arguments: { n: 7 } } });
    const messages = [user("Seven, 7"), paid, results("toll")];
    for (const toolChoice of [{ mode: "REQUIRED" }, { functionName: "toll" }]) {
      expect(await asked({ tools: [toll], toolChoice, messages: [user("Seven, 7")] })).toEqual(paid);
      expect(await asked({ tools: [toll], toolChoice, messages })).toEqual(paid);
    }
    expect((await asked({ tools: [toll], messages }))?.text).toContain("3");
  });

  it("does not talk about what is forbidden, and takes back what it has begun to say", async () => {
    await start();
    const messages = [user("Расскажи о запрещённом")];
    expect(await completeInLines(server, { messages })).toMatchObject([
      answer("Хорошо, ", "PARTIAL"),
      answer("Я не могу обсуждать эту тему.", "CONTENT_FILTER"),
    ]);
  });

  it("makes up JSON that fits the schema", async () => {
    await start();
    const schema = {
      type: "object",
      properties: { city: { type: "string" }, mood: { enum: ["sad", "glad"] }, age: { type: "integer", minimum: 5 } },
      required: ["city", "mood", "age"],
    };
    const message = await asked({ jsonSchema: { schema }, messages: [user("I am glad")] });
    expect(JSON.parse(message?.text ?? "")).toEqual({ city: "I am glad", mood: "glad", age: 5 });
  });
});
