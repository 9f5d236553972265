// A service recorded once through wireRecorder(), then spoken to without it: by a model of ours, an agent and an AI SDK provider.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { Agent, type LanguageModel, type ModelEvent, tool } from "@beseda/core";
import { type ModelServer, startModelServer, type WireRecorder, wireRecorder } from "@beseda/core/testing";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { generateText, streamText } from "ai";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";

let folder: string;
let file: string;
let server: ModelServer;
let recorder: WireRecorder;

const apiKey = "sk-canary-0123456789abcdef";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "replay-"));
  file = join(folder, "tape.jsonl");
});
afterEach(async () => {
  await recorder.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

async function record(replies: Parameters<typeof startModelServer>[0]): Promise<void> {
  server = await startModelServer({ apiKey, ...replies });
  recorder = await wireRecorder({ upstream: server.url, file });
}

/** From here on there is no service. */
async function replay(): Promise<void> {
  await recorder.close();
  await server.close();
  recorder = await wireRecorder({ upstream: server.url, file });
  expect(recorder.mode).toBe("replay");
}

const ours = (key = apiKey): LanguageModel =>
  openaiCompatible({ baseURL: recorder.url, model: "test-model", apiKey: key });

async function eventsOf(model: LanguageModel): Promise<ModelEvent[][]> {
  const arrays: ModelEvent[][] = [];
  const stream = model.stream({
    instructions: "Be kind.",
    messages: [{ role: "user", content: "Привет!" }],
    tools: [],
    toolChoice: "auto",
    reasoning: "off",
    settings: {},
  });
  for await (const events of stream) arrays.push(events);
  return arrays;
}

describe("a recorded service", () => {
  it("gives our models the same events without it, and with any key", async () => {
    await record({ replies: [{ text: ["При", "вет, ", "как дела? 👋"], reasoning: "Hm" }] });
    const first = await eventsOf(ours());
    await replay();
    expect((await eventsOf(ours("another key"))).flat()).toEqual(first.flat());
    expect(recorder.misses).toEqual([]);
  });

  it("answers an agent with tools the same, and tells where the agent has changed", async () => {
    const add = (description: string) =>
      tool({
        name: "add",
        description,
        inputSchema: z.object({ a: z.number(), b: z.number() }),
        execute: ({ a, b }) => a + b,
      });
    const agent = (description: string) => new Agent({ model: ours(), tools: [add(description)] });
    await record({ replies: [{ toolCalls: [{ name: "add", arguments: { a: 2, b: 3 } }] }, { text: "It is 5." }] });
    await agent("Adds two numbers.").generate("2 + 3?");
    await replay();
    expect((await agent("Adds two numbers.").generate("2 + 3?")).text).toBe("It is 5.");
    expect(recorder.misses).toEqual([]);
    await expect(agent("Adds numbers.").generate("2 + 3?")).rejects.toMatchObject({
      code: "rejected",
      message: expect.stringContaining("body.tools[0].function.description"),
    });
    expect(recorder.misses).toHaveLength(1);
  });

  it("gives an AI SDK provider the same, streamed and whole", async () => {
    const provider = (key: string) =>
      createOpenAICompatible({ name: "fake", baseURL: recorder.url, apiKey: key })("test-model");
    const speak = async (key: string) => {
      const streamed = streamText({ model: provider(key), prompt: "Stream it." });
      const pieces: string[] = [];
      for await (const piece of streamed.textStream) pieces.push(piece);
      const { text, usage } = await generateText({ model: provider(key), prompt: "Whole." });
      return { pieces, text, tokens: usage.totalTokens };
    };
    await record({ replies: [{ text: ["one ", "two ", "three"] }, { text: "four" }] });
    const first = await speak(apiKey);
    expect(first).toEqual({ pieces: ["one ", "two ", "three"], text: "four", tokens: 12 });
    await replay();
    expect(await speak("none")).toEqual(first);
    expect(recorder.misses).toEqual([]);
    await expect(generateText({ model: provider("none"), prompt: "Other." })).rejects.toThrow("holds no reply");
    // not sent again by a client that would repeat it after almost any other status
    expect(recorder.misses).toHaveLength(1);
  });

  it("is refused with the same error, and the key that it repeats is in no line of the file", async () => {
    await record({ apiKey: "another" });
    const refusal = await eventsOf(ours()).catch((error) => error);
    expect(refusal).toMatchObject({ code: "unauthorized" });
    expect(readFileSync(file, "utf8")).toContain("Incorrect API key provided: ****");
    expect(readFileSync(file, "utf8")).not.toContain("canary");
    await replay();
    expect(await eventsOf(ours()).catch((error) => error)).toMatchObject({ code: "unauthorized", status: 401 });
  });
});
