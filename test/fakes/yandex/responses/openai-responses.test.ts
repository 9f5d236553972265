// OpenAI's own client against the Responses API of the fake: what it refuses, the fake must not send.
import OpenAI from "openai";
import { afterEach, describe, expect, it } from "vitest";
import { startYandexServer, type YandexServer, type YandexServerOptions } from "../yandex-server.ts";

let server: YandexServer;

afterEach(async () => {
  await server.close();
});

async function open(options: YandexServerOptions = {}) {
  server = await startYandexServer(options);
  const { origin, account } = server;
  const client = new OpenAI({
    baseURL: `${origin}/v1`,
    apiKey: account.apiKey,
    project: account.folderId,
    maxRetries: 0,
  });
  return { client, model: `gpt://${account.folderId}/yandexgpt/latest` };
}

const web = [{ type: "web_search" as const }];

describe("the openai package", () => {
  it("reads a whole reply of the fake, with its sources", async () => {
    const { client, model } = await open({ replies: [{ text: "Snow.", sources: [{ url: "www.rbc.ru" }] }] });
    const response = await client.responses.create({ model, input: "News?", tools: web, max_output_tokens: 50 });
    expect(response).toMatchObject({ status: "completed", output_text: "Snow." });
    expect(response.output.map(({ type }) => type)).toEqual(["web_search_call", "message"]);
    expect(response.usage?.total_tokens).toBe(
      (response.usage?.input_tokens ?? 0) + (response.usage?.output_tokens ?? 0),
    );
    expect(await client.responses.retrieve(response.id)).toMatchObject({ id: response.id, output_text: "Snow." });
  });

  it("puts a stream of the fake together: text, annotations and calls", async () => {
    const tools = [
      ...web,
      { type: "function" as const, name: "add", parameters: { type: "object", properties: {} }, strict: false },
    ];
    const sources = [{ url: "www.rbc.ru" }];
    const toolCalls = [{ name: "add", arguments: { xs: [1, 2, 3, 4] } }];
    const { client, model } = await open({ replies: [{ text: ["Let me ", "add."], sources, toolCalls }] });
    const stream = client.responses.stream({ model, input: "1+2?", tools });
    let text = "";
    for await (const event of stream) if (event.type === "response.output_text.delta") text += event.delta;
    expect(text).toBe("Let me add.");
    const response = await stream.finalResponse();
    expect(response.output.at(-1)).toMatchObject({ type: "function_call", name: "add", arguments: '{"xs":[1,2,3,4]}' });
  });

  it("sends items of a reply back, with what came of its calls", async () => {
    const { client, model } = await open({ replies: [{ toolCalls: [{ name: "add", arguments: {} }] }, { text: "3" }] });
    const tools = [{ type: "function" as const, name: "add", parameters: { type: "object" }, strict: false }];
    const first = await client.responses.create({ model, input: [{ role: "user", content: "1+2?" }], tools });
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error("no call");
    const second = await client.responses.create({
      model,
      input: [
        { role: "user", content: "1+2?" },
        { type: "function_call", call_id: call.call_id, name: call.name, arguments: call.arguments },
        { type: "function_call_output", call_id: call.call_id, output: "3" },
      ],
      tools,
    });
    expect(second.output_text).toBe("3");
  });

  it("goes on from a reply by its id, whole or streamed, with what came of its calls", async () => {
    const { client, model } = await open({
      replies: [{ toolCalls: [{ name: "add", arguments: {} }] }, { text: "3" }, { text: "6" }],
    });
    const tools = [{ type: "function" as const, name: "add", parameters: { type: "object" }, strict: false }];
    const first = await client.responses.create({ model, input: "1+2?", instructions: "Add.", tools });
    const [call] = first.output;
    if (call?.type !== "function_call") throw new Error("no call");
    const output = [{ type: "function_call_output" as const, call_id: call.call_id, output: "3" }];
    const second = client.responses.stream({ model, previous_response_id: first.id, input: output, tools });
    const { id } = await second.finalResponse();
    await client.responses.create({ model, previous_response_id: id, input: "Twice that?" });
    // Instructions are of one reply alone.
    expect(server.script.requests[2]?.messages.map(({ role, text }) => `${role}: ${text}`)).toEqual([
      "user: 1+2?",
      "assistant: ",
      "tool: ",
      "assistant: 3",
      "user: Twice that?",
    ]);
    const unkept = await client.responses.create({ model, input: "Hi", store: false });
    await expect(client.responses.retrieve(unkept.id)).rejects.toMatchObject({ status: 404 });
  });

  it("goes on in a conversation, and with a saved agent", async () => {
    const { client, model } = await open({ replies: [{ text: "Hi." }] });
    const conversation = { id: "conv1" };
    await client.responses.create({ model, input: "Hello", conversation, prompt: { id: "fvt1" } });
    await client.responses.create({ model, input: "And now?", conversation: "conv1" });
    expect(server.script.requests[1]?.messages.map(({ text }) => text)).toEqual(["Hello", "Hi.", "And now?"]);
  });

  it("follows a reply in the background, and calls one off", async () => {
    const { client, model } = await open({ operations: { unfinished: 2 }, replies: [{ text: "Done." }] });
    const begun = await client.responses.create({ model, input: "Work.", background: true });
    const states = [begun.status];
    for (let response = begun; response.status !== "completed"; states.push(response.status)) {
      response = await client.responses.retrieve(begun.id);
    }
    expect(states).toEqual(["queued", "queued", "in_progress", "completed"]);
    const other = await client.responses.create({ model, input: "Work.", background: true });
    expect(await client.responses.cancel(other.id)).toMatchObject({ status: "cancelled" });
  });

  it("is told in OpenAI's shape what the fake refuses", async () => {
    const { client, model } = await open();
    const refused = async (body: object) => {
      const error: unknown = await client.responses.create({ model, input: "Hi", ...body }).catch((reason) => reason);
      return error instanceof OpenAI.APIError ? `${error.status} ${error.message}` : "nothing";
    };
    expect(await refused({ reasoning: { effort: "low" } })).toContain("400 Unsupported parameter: 'reasoning'");
    expect(await refused({ colour: "red" })).toContain("'colour'");
    expect(await refused({ temperature: 2 })).toContain("Invalid temperature value");
    expect(await refused({ input: [] })).toContain("'input'");
    expect(await refused({ model: `gpt://${server.account.folderId}/gpt-9/latest` })).toContain("Failed to get model");
    expect(await refused({ tools: [{ type: "code_interpreter" }] })).toContain("container");
    expect(await refused({ tools: [{ type: "image_generation", model: "x" }] })).toContain("no type of a tool");
    expect(await refused({ stream: true, background: true })).toContain("exclude each other");
    const add = { type: "function", name: "add", parameters: { type: "object" }, strict: false };
    expect(await refused({ tools: [add, add] })).toContain("Duplicate name in 'tools': 'add'");
    const placed = { type: "web_search", user_location: { planet: "Mars" } };
    expect(await refused({ tools: [placed] })).toContain("'tools.user_location.planet'");
    expect(await refused({ text: { verbosity: "low" } })).toContain("'text.verbosity'");
    expect(await refused({ text: { format: { type: "json_object", schema: {} } } })).toContain("'text.format.schema'");
    expect(await refused({ tools: [add], tool_choice: { ...add, type: "function" } })).toContain("'tool_choice.");
    expect(await refused({ input: [{ role: "user", content: "" }] })).toContain("empty message text");
    const empty = [{ type: "input_text", text: "" }];
    expect(await refused({ input: [{ role: "user", content: empty }] })).toContain("empty message text");
    expect(await refused({ prompt: { id: "fvt1", variables: { city: "Omsk" } } })).toContain("'prompt.variables'");
    expect(await refused({ conversation: "c", previous_response_id: "r" })).toContain("exclude each other");
    expect(await refused({ max_output_tokens: 32_769 })).toContain("more than the context of 32768");
    expect(await refused({ previous_response_id: "resp-unknown" })).toContain("404");
    const calls = [{ type: "function_call", call_id: "c", name: "add", arguments: "{}" }];
    expect(await refused({ input: calls })).toContain("No tool output found for function call c");
    const missing: unknown = await client.responses.retrieve("resp-unknown").catch((reason) => reason);
    expect(missing).toMatchObject({ status: 404 });
  });
});
