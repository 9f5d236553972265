import { afterEach, describe, expect, it } from "vitest";
import { type Asked, ask, folder, yandexGpt } from "../ask-fake.ts";
import { startYandexServer, type YandexServer, type YandexServerOptions } from "../yandex-server.ts";

let server: YandexServer;
const start = async (options: YandexServerOptions = {}) => {
  server = await startYandexServer(options);
};
afterEach(() => server.close());

type Json = Record<string, unknown>;

const qwen = `gpt://${folder}/qwen3-235b-a22b-fp8/latest`;
const gemma = `gpt://${folder}/gemma-3-27b-it/latest`;
const user = (content: unknown) => ({ role: "user", content });
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const tools = [{ type: "function", function: { name: "add", parameters: { type: "object", properties: {} } } }];
const chat = (added: Json = {}, headers: Json = {}): Promise<Asked> =>
  ask(server, "/v1/chat/completions", { model: yandexGpt, messages: [user("hi")], ...added }, { headers });

async function events(added: Json = {}): Promise<{ headers: Headers; chunks: Json[]; last: string | undefined }> {
  const body = JSON.stringify({ model: yandexGpt, messages: [user("hi")], stream: true, ...added });
  const headers = { authorization: `Bearer ${server.account.apiKey}`, "content-type": "application/json" };
  const response = await fetch(`${server.origin}/v1/chat/completions`, { method: "POST", headers, body });
  const lines = (await response.text())
    .trim()
    .split("\n\n")
    .map((event) => event.replace("data: ", ""));
  const last = lines.at(-1) === "[DONE]" ? lines.pop() : undefined;
  return { headers: response.headers, chunks: lines.map((line) => JSON.parse(line)), last };
}

const delta = (content: Json, finish: string | null = null) => ({
  choices: [{ delta: content, finish_reason: finish }],
});

describe("chat completions of the fake, YandexGPT", () => {
  it("answer with a bare id, the model as it was asked for, and counts as numbers", async () => {
    await start({ replies: [{ text: "Hi", usage: { input: 9, output: 2 } }] });
    const { headers, body } = await chat({}, { "x-client-request-id": "mine" });
    expect(headers.get("x-client-request-id")).toBe("mine");
    expect(headers.has("x-request-id")).toBe(true);
    expect(body).toEqual({
      id: expect.stringMatching(uuid),
      object: "chat.completion",
      created: expect.any(Number),
      model: yandexGpt,
      choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 9, total_tokens: 11, completion_tokens: 2 },
    });
  });

  it("count what was thought, and do not tell it", async () => {
    await start({ replies: [{ text: "Hi", reasoning: "a greeting" }] });
    const { body } = await chat({ reasoning_effort: "low" });
    expect(body).toMatchObject({ usage: { completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 3 } } });
    expect(JSON.stringify(body)).not.toContain("a greeting");
  });

  it("stream the role with the first text and the end with the last, and no usage", async () => {
    await start({ replies: [{ text: ["One,", " two"] }] });
    const { headers, chunks, last } = await events();
    expect(headers.get("content-type")).toBe("text/event-stream");
    expect(headers.get("cache-control")).toBe("no-cache");
    expect(chunks).toMatchObject([delta({ role: "assistant", content: "One," }), delta({ content: " two" }, "stop")]);
    expect(chunks.some(({ usage }) => usage)).toBe(false);
    expect(last).toBe("[DONE]");
  });

  it("give calls the function's name for an id, all in one chunk", async () => {
    await start({ replies: [{ toolCalls: [{ name: "add", arguments: { a: 1 } }] }, { toolCalls: [{ name: "add" }] }] });
    const call = { index: 0, id: "add", type: "function", function: { name: "add", arguments: '{"a":1}' } };
    expect((await chat({ tools })).body).toMatchObject({
      choices: [{ message: { content: "", tool_calls: [call] }, finish_reason: "tool_calls" }],
    });
    const { chunks } = await events({ tools });
    expect(chunks).toMatchObject([delta({ tool_calls: [{ id: "add" }] }, "tool_calls")]);
  });

  it("send the refusal of moderation whole, after what was sent", async () => {
    await start({ replies: [{ text: ["It is", "Let us talk of something else."], finish: "content-filter" }] });
    const { chunks } = await events();
    expect(chunks).toMatchObject([
      delta({ content: "It is" }),
      delta({ content: "Let us talk of something else." }, "content_filter"),
    ]);
  });

  it("send a text anew that does not begin as what was sent", async () => {
    await start({ replies: [{ rewrites: ["One, to", "One, two", "One, two."] }] });
    const { chunks } = await events();
    expect(chunks).toMatchObject([
      delta({ role: "assistant", content: "One, to" }),
      delta({ content: "One, two" }),
      delta({ content: "." }, "stop"),
    ]);
  });

  it.each([
    ["without a text beside them", yandexGpt, false],
    ["beside a text, from the models of others", qwen, true],
  ])("have calls %s: whole and streamed", async (_how, model, hasText) => {
    const both = { text: ["Let me ", "add."], toolCalls: [{ name: "add" }] };
    await start({ replies: [both, both] });
    const replies = [(await chat({ tools, model })).body, (await events({ tools, model })).chunks];
    for (const said of replies.map((reply) => JSON.stringify(reply))) {
      expect(said).toContain('"name":"add"');
      expect(said.includes("Let me")).toBe(hasText);
    }
  });

  it("can end with an error in the middle of a stream", async () => {
    await start({ replies: [{ text: ["One,"], breaksOff: { code: 13, message: "the model broke" } }] });
    const { chunks, last } = await events();
    expect(chunks).toMatchObject([delta({ content: "One," }), { error: { error: "the model broke" } }]);
    expect(last).toBeUndefined();
  });
});

describe("chat completions of the fake, models of others", () => {
  it("leave the folder out of the name, and tell no request id", async () => {
    await start({ replies: [{ text: "Hi", reasoning: "a greeting" }] });
    const { headers, body } = await chat({ model: qwen }, { "x-client-request-id": "mine" });
    expect([headers.has("x-request-id"), headers.has("x-client-request-id")]).toEqual([false, false]);
    expect(headers.has("x-server-trace-id")).toBe(true);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      model: "gpt://qwen3-235b-a22b-fp8/latest",
      choices: [{ message: { content: "Hi", reasoning_content: "a greeting" } }],
    });
  });

  it("stream role, text, end and usage each by itself", async () => {
    await start({ replies: [{ text: ["One,", " two"] }] });
    const { chunks } = await events({ model: qwen });
    expect(chunks).toMatchObject([
      delta({ role: "assistant" }),
      delta({ content: "One," }),
      delta({ content: " two" }),
      delta({}, "stop"),
      { choices: [], usage: { completion_tokens: 3 } },
    ]);
  });

  it("stream calls in pieces, of which only the first has an id and a name", async () => {
    await start({ replies: [{ toolCalls: [{ name: "add", arguments: { numbers: [1, 2, 3] } }] }] });
    const { chunks } = await events({ model: qwen, tools });
    const pieces = chunks.flatMap(
      ({ choices }) => (choices as [{ delta: { tool_calls?: Json[] } }?])[0]?.delta.tool_calls ?? [],
    );
    const [first, ...rest] = pieces as { id: string; type: string; function: { name: string; arguments: string } }[];
    expect(first).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-tool-[\da-f]{32}$/),
      function: { name: "add" },
    });
    expect(rest.map(({ id, type, function: { name } }) => id + type + name).join("")).toBe("");
    expect(rest.map((piece) => piece.function.arguments).join("")).toBe('{"numbers":[1,2,3]}');
  });

  it("see pictures where the model does, and nowhere else", async () => {
    await start();
    const picture = (url: string) => ({
      messages: [
        user([
          { type: "text", text: "What?" },
          { type: "image_url", image_url: { url } },
        ]),
      ],
    });
    const inside = picture("data:image/png;base64,iVBORw0KGgo=");
    expect((await chat({ model: gemma, ...inside })).status).toBe(200);
    expect((await chat({ model: gemma, ...picture("https://example.com/a.png") })).status).toBe(400);
    const named = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=", name: "a" } };
    expect((await chat({ model: gemma, messages: [user([named])] })).status).toBe(400);
    expect((await chat(inside)).status).toBe(400);
  });
});

describe("chat completions of the fake", () => {
  const calls = [1, 2].map(() => ({ id: "add", type: "function", function: { name: "add", arguments: "{}" } }));
  const said = [user("?"), { role: "assistant", content: "", tool_calls: calls }];
  const result = { role: "tool", tool_call_id: "add", content: "3" };

  it("take a result for each call, though two may have one id", async () => {
    await start();
    expect((await chat({ tools, messages: [...said, result, result] })).status).toBe(200);
    expect((await chat({ tools, messages: [...said, result] })).status).toBe(400);
    expect((await chat({ tools, messages: [...said, result, result, result] })).status).toBe(400);
  });

  it.each([
    ["stop", { stop: ["."] }],
    ["seed", { seed: 1 }],
    ["store", { store: true }],
    ["service_tier", { service_tier: "auto" }],
    ["web_search_options", { web_search_options: {} }],
    ["modalities", { modalities: ["audio"] }],
    ["stream_options.include_usage", { stream: true, stream_options: { include_usage: true } }],
    ["temperature", { temperature: 1.5 }],
    ["max_tokens", { max_tokens: 0 }],
    ["'n'", { n: 2 }],
    ["messages", { messages: [] }],
    ["role", { messages: [{ role: "bot", content: "hi" }] }],
    ["response_format", { response_format: { type: "json_schema", json_schema: { schema: {} } } }],
    ["tool_choice", { tool_choice: { type: "function", function: { name: "sub" } }, tools }],
    ["is more than the context of 32768", { max_tokens: 32_769 }],
    ["messages[0].colour", { messages: [{ ...user("hi"), colour: "red" }] }],
    ["messages[0].tool_calls", { messages: [{ ...user("hi"), tool_calls: [] }] }],
    ["tool_calls.thought", { tools, messages: [user("?"), { role: "assistant", tool_calls: [{ thought: "!" }] }] }],
    ["tools.strict", { tools: [{ ...tools[0], strict: true }] }],
    ["tools.function.colour", { tools: [{ type: "function", function: { name: "add", colour: "red" } }] }],
    ["Duplicate name in 'tools': 'add'", { tools: [...tools, ...tools] }],
    ["response_format.schema", { response_format: { type: "json_object", schema: {} } }],
    [
      "response_format.json_schema.colour",
      { response_format: { type: "json_schema", json_schema: { name: "a", schema: {}, colour: "red" } } },
    ],
    ["'tool_choice.name'", { tools, tool_choice: { type: "function", name: "add" } }],
    ["Failed to get model", { model: `gpt://${folder}/gpt-9/latest` }],
    ["Failed to parse model URI", { model: "yandexgpt" }],
    ["does not match", { model: "gpt://b1gother/yandexgpt/latest" }],
  ])("refuse %s", async (name, added) => {
    await start();
    const { status, body } = await chat(added);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { message: expect.stringContaining(name), type: "invalid_request_error" } });
    expect(server.script.requests).toEqual([]);
  });

  it("take a temperature of up to 2 and keys of their own for the models of others", async () => {
    await start();
    expect((await chat({ model: qwen, temperature: 1.5, top_k: 5 })).status).toBe(200);
  });

  it("refuse a project that is not the account's folder", async () => {
    await start();
    expect((await chat({}, { "openai-project": folder })).status).toBe(200);
    expect((await chat({}, { "openai-project": "b1gother" })).status).toBe(400);
  });
});

describe("GET /v1/models of the fake", () => {
  it("lists text and embedding models of the folder, tuned ones too", async () => {
    await start();
    const tuned = `gpt://${folder}/yandexgpt-lite/latest@tamrmine`;
    server.models.addTuned(tuned);
    const { body } = await ask(server, "/v1/models");
    const models = body.data as Json[];
    const entry = (id: string, owner: string) => ({ id, object: "model", owned_by: owner, created: 0 });
    expect(models).toContainEqual(entry(yandexGpt, "Yandex"));
    expect(models).toContainEqual(entry(qwen, "Alibaba"));
    expect(models).toContainEqual(entry(`emb://${folder}/text-search-doc/latest`, "Yandex"));
    expect(models.at(-1)).toEqual(entry(tuned, "Yandex"));
  });
});
