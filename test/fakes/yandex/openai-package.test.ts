// A client that was made for another service holds the fake to the truth: what OpenAI's own package sends and expects.
import OpenAI, { APIConnectionError, AuthenticationError, BadRequestError, RateLimitError } from "openai";
import { afterEach, expect, it } from "vitest";
import { folder, yandexGpt } from "./ask-fake.ts";
import { startYandexServer, type YandexServer, type YandexServerOptions } from "./yandex-server.ts";

let server: YandexServer;
afterEach(() => server.close());

const qwen = `gpt://${folder}/qwen3-235b-a22b-fp8/latest`;
const messages = [{ role: "user" as const, content: "What is 1 + 2?" }];
const tools = [
  {
    type: "function" as const,
    function: {
      name: "add",
      parameters: { type: "object", properties: { a: { type: "integer" }, b: { type: "integer" } } },
    },
  },
];
const call = { name: "add", arguments: { a: 1, b: 2 } };

async function start({ apiKey, ...options }: YandexServerOptions & { apiKey?: string } = {}): Promise<OpenAI> {
  server = await startYandexServer(options);
  const { settings, origin } = server;
  return new OpenAI({
    apiKey: apiKey ?? settings.apiKey,
    project: settings.folderId,
    baseURL: `${origin}/v1`,
    maxRetries: 0,
  });
}

it("the openai package lists the models", async () => {
  const openai = await start();
  const ids: string[] = [];
  for await (const { id } of openai.models.list()) ids.push(id);
  expect(ids).toContain(yandexGpt);
  expect(ids).toContain(`emb://${folder}/text-search-query/latest`);
});

it.each([yandexGpt, qwen])("the openai package gets an answer and a stream of %s", async (model) => {
  const openai = await start({ replies: [{ text: "It is 3." }, { text: ["It ", "is ", "3."] }] });
  const whole = await openai.chat.completions.create({ model, messages });
  expect(whole.choices[0]?.message.content).toBe("It is 3.");
  expect(whole.usage?.completion_tokens).toBe(4);
  const stream = openai.chat.completions.stream({ model, messages });
  const pieces: string[] = [];
  stream.on("content", (piece) => pieces.push(piece));
  expect((await stream.finalChatCompletion()).choices[0]).toMatchObject({
    finish_reason: "stop",
    message: { content: "It is 3." },
  });
  expect(pieces).toEqual(["It ", "is ", "3."]);
});

it.each([yandexGpt, qwen])("the openai package runs a tool for %s, whole and streamed", async (model) => {
  const openai = await start({ replies: [{ toolCalls: [call] }, { text: "It is 3." }, { toolCalls: [call] }] });
  const { choices } = await openai.chat.completions.create({ model, messages, tools });
  const asked = choices[0]?.message;
  const [toolCall] = asked?.tool_calls ?? [];
  if (!asked || toolCall?.type !== "function") throw new Error("There is no call.");
  expect(JSON.parse(toolCall.function.arguments)).toEqual({ a: 1, b: 2 });
  const answered = [...messages, asked, { role: "tool" as const, tool_call_id: toolCall.id, content: "3" }];
  const second = await openai.chat.completions.create({ model, messages: answered, tools });
  expect(second.choices[0]?.message.content).toBe("It is 3.");
  const streamed = await openai.chat.completions.create({ model, messages, tools, stream: true });
  let name = "";
  let input = "";
  for await (const chunk of streamed) {
    for (const { function: called } of chunk.choices[0]?.delta.tool_calls ?? []) {
      name += called?.name ?? "";
      input += called?.arguments ?? "";
    }
  }
  expect([name, JSON.parse(input)]).toEqual(["add", { a: 1, b: 2 }]);
});

it("the openai package parses an answer by its schema", async () => {
  const openai = await start();
  const schema = { type: "object", properties: { sum: { type: "integer" } }, required: ["sum"] };
  const { choices } = await openai.chat.completions.parse({
    model: yandexGpt,
    messages,
    response_format: { type: "json_schema", json_schema: { name: "sum", schema, strict: true } },
  });
  expect(JSON.parse(choices[0]?.message.content ?? "")).toEqual({ sum: 1 });
});

it("the openai package embeds a text", async () => {
  const openai = await start();
  const { data, usage } = await openai.embeddings.create({
    model: `emb://${folder}/text-search-doc/latest`,
    input: ["a text"],
    encoding_format: "float",
  });
  expect(data[0]?.embedding).toHaveLength(256);
  expect(usage.total_tokens).toBeGreaterThan(0);
});

it("the openai package paints", async () => {
  const openai = await start();
  const { data } = await openai.images.generate({
    model: `art://${folder}/aliceai-image-art-3.0/latest`,
    prompt: "a red fox",
    size: "1024x1536",
    response_format: "b64_json",
  });
  expect(Buffer.from(data?.[0]?.b64_json ?? "", "base64").subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
});

it("the openai package tells errors apart, with their texts", async () => {
  const openai = await start({ apiKey: "wrong" });
  const ask = (client: OpenAI, model = yandexGpt) =>
    client.chat.completions.create({ model, messages }).then(
      () => undefined,
      (error: unknown) => error,
    );
  const wrongKey = await ask(openai);
  expect(wrongKey).toBeInstanceOf(AuthenticationError);
  expect(wrongKey).toMatchObject({ status: 401, error: { message: "Unknown api key" }, requestID: expect.any(String) });
  const right = openai.withOptions({ apiKey: server.account.apiKey });
  expect(await ask(right, "gpt://b1gother/yandexgpt/latest")).toBeInstanceOf(BadRequestError);
  server.quotas.limit("completion", { atOnce: 0 });
  const busy = await ask(right);
  expect(busy).toBeInstanceOf(RateLimitError);
  expect(busy).toMatchObject({ message: expect.stringContaining("gauge quota limit exceed: allowed 0 requests") });
  server.faults.add({ cut: "request" });
  expect(await ask(right)).toBeInstanceOf(APIConnectionError);
});

it("the openai package throws the error that ends a stream in its middle", async () => {
  const openai = await start({ replies: [{ text: ["It "], breaksOff: { code: 13, message: "the model broke" } }] });
  const stream = await openai.chat.completions.create({ model: yandexGpt, messages, stream: true });
  const read = async () => {
    for await (const _ of stream);
  };
  await expect(read()).rejects.toThrow();
});

it("the openai package gets responses, whole, streamed, with tools and from the background", async () => {
  const openai = await start({
    replies: [{ text: "It is 3." }, { text: ["It is ", "3."] }, { toolCalls: [call] }, { text: "later" }],
  });
  const whole = await openai.responses.create({ model: yandexGpt, input: "What is 1 + 2?" });
  expect(whole.output_text).toBe("It is 3.");
  const stream = await openai.responses.create({ model: yandexGpt, input: "What is 1 + 2?", stream: true });
  const pieces: string[] = [];
  for await (const event of stream) if (event.type === "response.output_text.delta") pieces.push(event.delta);
  expect(pieces).toEqual(["It is ", "3."]);
  const [tool] = tools.map(({ function: { name, parameters } }) => ({
    type: "function" as const,
    name,
    parameters,
    strict: null,
  }));
  const called = await openai.responses.create({
    model: yandexGpt,
    input: "What is 1 + 2?",
    tools: tool ? [tool] : [],
  });
  expect(called.output).toMatchObject([{ type: "function_call", name: "add", arguments: '{"a":1,"b":2}' }]);
  const begun = await openai.responses.create({ model: yandexGpt, input: "What is 1 + 2?", background: true });
  expect(["queued", "in_progress"]).toContain(begun.status);
  await expect.poll(async () => (await openai.responses.retrieve(begun.id)).output_text, { interval: 1 }).toBe("later");
});
