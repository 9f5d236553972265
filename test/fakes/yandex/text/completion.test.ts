import { afterEach, describe, expect, it } from "vitest";
import { ask, complete, completeInLines, folder, user, yandexGpt } from "../ask-fake.ts";
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

describe("completion of the fake", () => {
  it("wraps the answer in result, with counts of tokens as strings", async () => {
    await start({ replies: [{ text: "4", usage: { input: 18, output: 2 } }] });
    const { status, headers, body } = await complete(server);
    expect(status).toBe(200);
    expect(headers.get("server")).toBe("ycalb");
    expect(body).toEqual({
      result: {
        alternatives: [{ message: { role: "assistant", text: "4" }, status: "ALTERNATIVE_STATUS_FINAL" }],
        usage: {
          inputTextTokens: "18",
          completionTokens: "2",
          totalTokens: "20",
          completionTokensDetails: { reasoningTokens: "0" },
        },
        modelVersion: "09.02.2025",
      },
    });
    expect(server.ledger).toMatchObject([{ status: 200, billed: true, ended: "done" }]);
  });

  it("takes camelCase and snake_case, and numbers in strings", async () => {
    await start();
    const body = {
      model_uri: yandexGpt,
      completion_options: { max_tokens: "50", temperature: "0.5", reasoning_options: { mode: "ENABLED_HIDDEN" } },
      messages: [user("hi")],
      json_object: true,
      parallel_tool_calls: false,
    };
    expect((await ask(server, "/foundationModels/v1/completion", body)).status).toBe(200);
    expect(server.script.requests).toMatchObject([
      { maxTokens: 50, reasons: true, json: "any", parallelToolCalls: false },
    ]);
  });

  it.each([
    ["temperature above 1", { completionOptions: { temperature: 1.1 } }, "Invalid temperature value"],
    ["temperature below 0", { completionOptions: { temperature: -0.1 } }, "Invalid temperature value"],
    ["no tokens", { completionOptions: { maxTokens: 0 } }, "Invalid max_tokens value"],
    [
      "an answer of more than the context",
      { completionOptions: { maxTokens: "32769" } },
      "Invalid max_tokens value: 32769 is more than the context of 32768",
    ],
    ["half a token", { completionOptions: { maxTokens: 1.5 } }, "max_tokens: expected an integer"],
    ["an unknown field", { topK: 3 }, 'unknown field "topK"'],
    ["an unknown field inside", { messages: [{ ...user("hi"), name: "Ann" }] }, 'unknown field "name"'],
    ["a field in both spellings", { jsonObject: true, json_object: true }, "duplicate field"],
    ["two formats", { jsonObject: true, jsonSchema: { schema: {} } }, "only one of json_object, json_schema"],
    [
      "two choices",
      { tools: [add], toolChoice: { mode: "AUTO", functionName: "add" } },
      "only one of mode, function_name",
    ],
    ["an unknown mode", { toolChoice: { mode: "auto" } }, "mode: expected"],
    [
      "a function that is not there",
      { tools: [add], toolChoice: { functionName: "sub" } },
      "'sub' is not among the tools",
    ],
    ["no messages", { messages: [] }, "messages are empty"],
    ["an empty text", { messages: [user("")] }, "empty message text"],
    ["a message of nothing", { messages: [{ role: "user" }] }, "empty message text"],
    ["a strange role", { messages: [{ role: "tool", text: "3" }] }, "unknown role 'tool'"],
    [
      "100,001 characters",
      { messages: [user("я".repeat(100_001))] },
      "text length is 100001, which is outside the range (0, 100000]",
    ],
    ["results of no calls", { messages: [results("add")] }, "do not match"],
    ["results of other calls", { messages: [user("?"), calls(call("add", [1])), results("sub")] }, "do not match"],
    [
      "too few results",
      { messages: [user("?"), calls(call("add", [1]), call("add", [2])), results("add")] },
      "do not match",
    ],
    ["calls without results", { messages: [user("?"), calls(call("add", [1])), user("and?")] }, "have no results"],
    [
      "results as the assistant",
      { messages: [calls(call("add", [1])), { ...results("add"), role: "assistant" }] },
      "role user",
    ],
    ["a URI that is none", { modelUri: "yandexgpt" }, "Failed to parse model URI"],
    ["a URI of another kind", { modelUri: `emb://${folder}/text-search-doc/latest` }, "Failed to parse model URI"],
    ["an unknown model", { modelUri: `gpt://${folder}/yandexgpt-9/latest` }, "Failed to get model"],
    ["a model of others", { modelUri: `gpt://${folder}/gpt-oss-20b/latest` }, "Failed to get model"],
    ["a tuned model that is not there", { modelUri: `${yandexGpt}@tamrnone` }, "Failed to get model"],
    [
      "another folder",
      { modelUri: "gpt://b1gother/yandexgpt/latest" },
      `Specified folder ID 'b1gother' does not match with service account folder ID '${folder}'`,
    ],
  ])("refuses %s", async (_what, added, message) => {
    await start();
    const { status, body } = await complete(server, added);
    expect(status).toBe(400);
    expect(body).toEqual({
      error: {
        grpcCode: 3,
        httpCode: 400,
        message: expect.stringContaining(message),
        httpStatus: "Bad Request",
        details: [],
      },
    });
    expect(server.ledger).toMatchObject([{ status: 400, billed: false }]);
    expect(server.script.requests).toEqual([]);
  });

  it("counts the prompt, tools included, and refuses what the model cannot hold", async () => {
    await start();
    const tokens = async (added: object) => {
      const { body } = await complete(server, added as Record<string, unknown>);
      return Number((body as { result: { usage: { inputTextTokens: string } } }).result.usage.inputTextTokens);
    };
    expect(await tokens({ tools: [add] })).toBeGreaterThan(await tokens({}));
    const long = await complete(server, { messages: [user(Array(33_000).fill("да").join(" "))] });
    const message = "number of input tokens must be no more than 32768, got 33004";
    expect(long.body).toMatchObject({ error: { message } });
  });

  it("takes a tuned model as soon as it is known, and a URI without a branch", async () => {
    await start();
    const tuned = `gpt://${folder}/yandexgpt-lite/latest@tamrmine`;
    server.models.addTuned(tuned);
    expect((await complete(server, { modelUri: tuned })).status).toBe(200);
    expect((await complete(server, { modelUri: `gpt://${folder}/yandexgpt-lite` })).status).toBe(200);
  });

  it("cuts an answer at maxTokens", async () => {
    await start({ replies: [{ text: "one two three four" }] });
    const { body } = await complete(server, { completionOptions: { maxTokens: "2" } });
    expect(body).toMatchObject({
      ...answer("one two", "TRUNCATED_FINAL"),
      result: { usage: { completionTokens: "2" } },
    });
  });

  it("shows that it has thought by the count of tokens alone", async () => {
    const thought = { text: "4", reasoning: "two and two" };
    await start({ replies: [{ ...thought, usage: { reasoning: 7 } }, thought] });
    const { body } = await complete(server, { completionOptions: { reasoningOptions: { mode: "ENABLED_HIDDEN" } } });
    expect(body).toMatchObject({
      result: { usage: { completionTokens: "8", completionTokensDetails: { reasoningTokens: "7" } } },
    });
    expect(JSON.stringify(body)).not.toContain("two and two");
    expect((await complete(server)).body).toMatchObject({
      result: { usage: { completionTokens: "1", completionTokensDetails: { reasoningTokens: "0" } } },
    });
  });
});

describe("streams of the fake", () => {
  it("have lines of JSON, each with the whole text and the usage so far", async () => {
    await start({ replies: [{ text: ["One,", " two,", " three."] }] });
    const lines = await completeInLines(server);
    expect(lines).toMatchObject([
      answer("One,", "PARTIAL"),
      answer("One, two,", "PARTIAL"),
      answer("One, two, three.", "FINAL"),
    ]);
    const tokens = lines.map(
      ({ result }) => (result as { usage: { completionTokens: string } }).usage.completionTokens,
    );
    expect(tokens).toEqual(["2", "4", "6"]);
  });

  it("can rewrite what they have sent", async () => {
    await start({ replies: [{ rewrites: ["One, to", "One, two"] }] });
    expect(await completeInLines(server)).toMatchObject([answer("One, to", "PARTIAL"), answer("One, two", "FINAL")]);
  });

  it("replace the whole text where moderation stops them", async () => {
    await start({ replies: [{ text: ["It is", " done so", "I cannot talk about this."], finish: "content-filter" }] });
    expect(await completeInLines(server)).toMatchObject([
      answer("It is", "PARTIAL"),
      answer("It is done so", "PARTIAL"),
      answer("I cannot talk about this.", "CONTENT_FILTER"),
    ]);
  });

  it("can end with a line that tells an error", async () => {
    await start({ replies: [{ text: ["One,"], breaksOff: { code: 14, message: "instance was lost" } }] });
    expect(await completeInLines(server)).toMatchObject([
      answer("One,", "PARTIAL"),
      { error: { grpcCode: 14, httpCode: 503, message: "instance was lost" } },
    ]);
  });

  it("can break off in the middle", async () => {
    await start({ replies: [{ text: ["One,", " two"], cut: true }] });
    await expect(completeInLines(server)).rejects.toThrow();
    expect(server.ledger).toMatchObject([{ status: 200, ended: "cut", billed: true }]);
  });

  it("wait where they are told to, and notice who leaves", async () => {
    await start({
      replies: [
        { text: ["One,", " two"], holdAt: 1 },
        { text: "hi", holdAt: 0 },
      ],
    });
    const held = completeInLines(server);
    await server.script.untilHeld(1);
    expect(server.ledger[0]?.ended).toBeUndefined();
    server.script.release();
    expect(await held).toHaveLength(2);
    const leaving = new AbortController();
    const body = JSON.stringify({ modelUri: yandexGpt, messages: [user("hi")] });
    const headers = { authorization: `Api-Key ${server.account.apiKey}`, "content-type": "application/json" };
    const left = fetch(`${server.origin}/foundationModels/v1/completion`, {
      method: "POST",
      headers,
      body,
      signal: leaving.signal,
    });
    await server.script.untilHeld(1);
    leaving.abort();
    await expect(left).rejects.toThrow();
    await expect.poll(() => server.ledger[1]?.ended).toBe("left");
    expect(server.quotas.running("completion")).toBe(0);
    expect(server.script.held).toBe(0);
  });
});
