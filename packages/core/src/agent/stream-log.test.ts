// The golden log of stream parts: what users' code relies on. A change here is a change of the public face.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { BesedaError } from "../errors.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent, type AgentOptions } from "./agent.ts";
import type { Run } from "./run.ts";
import type { StreamPart } from "./stream-part.ts";

const usage = { inputTokens: 7, outputTokens: 3, totalTokens: 10 };

/** Answers for "slow" only after "fast" has: the order of completion is not the order of the calls. */
function twoTools() {
  let fastIsDone = () => {};
  const afterFast = new Promise<void>((resolve) => {
    fastIsDone = resolve;
  });
  const slow = tool({
    name: "slow",
    description: "Takes its time.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }, { progress }) => {
      progress({ percent: 50 });
      await afterFast;
      return { city, degrees: 21 };
    },
  });
  const fast = tool({
    name: "fast",
    description: "Is quick.",
    inputSchema: z.object({}),
    execute: () => {
      setImmediate(fastIsDone);
      return "done at once";
    },
  });
  return [slow, fast];
}

async function log(
  script: readonly ScriptedReply[],
  options: Partial<AgentOptions> = {},
  onPart: (part: StreamPart, run: Run) => void = () => {},
): Promise<string> {
  const run = new Agent({ model: scriptedModel(script), ...options }).stream("Hello!");
  const lines: string[] = [];
  for await (const part of run.fullStream) {
    const { runId, ...rest } = part;
    expect(runId).toBe(run.runId);
    const error = rest.type === "error" ? { error: { code: rest.error.code, message: rest.error.message } } : {};
    lines.push(JSON.stringify({ ...rest, ...error }));
    onPart(part, run);
  }
  return `${lines.join("\n")}\n`;
}

describe("the golden log of", () => {
  it("a text", async () => {
    await expect(await log([{ text: ["Hel", "lo"], usage }])).toMatchFileSnapshot("golden/text.jsonl");
  });

  it("native reasoning", async () => {
    const reply = { reasoning: ["A greeting, ", "so greet."], text: "Hello", usage };
    await expect(await log([reply])).toMatchFileSnapshot("golden/native-reasoning.jsonl");
  });

  it("prompted reasoning, the tags cut in the middle", async () => {
    const reply = { text: ["<thi", "nk>A greeting, ", "so greet.\n</th", "ink>\n\nHel", "lo"], usage };
    await expect(await log([reply], { reasoning: "prompted" })).toMatchFileSnapshot("golden/prompted-reasoning.jsonl");
  });

  it("two parallel tools with progress", async () => {
    const script = [
      {
        text: "Let me see.",
        toolCalls: [
          { toolName: "slow", input: { city: "Tver" } },
          { toolName: "fast", input: {} },
        ],
        usage,
      },
      { text: "21 degrees.", usage },
    ];
    await expect(await log(script, { tools: twoTools() })).toMatchFileSnapshot("golden/parallel-tools.jsonl");
  });

  it("a tool error", async () => {
    const broken = tool({
      name: "broken",
      description: "Fails.",
      inputSchema: z.object({}),
      execute: () => {
        throw new Error("the disk is full");
      },
    });
    const script = [
      { toolCalls: [{ toolName: "broken", input: {} }], usage },
      { text: "It failed.", usage },
    ];
    await expect(await log(script, { tools: [broken] })).toMatchFileSnapshot("golden/tool-error.jsonl");
  });

  it("an abort in the middle of the text", async () => {
    const stopAtText = (part: StreamPart, run: Run) => {
      if (part.type === "text-delta") run.cancel("enough");
    };
    const reply: ScriptedReply = { text: "Half of", hangs: true };
    await expect(await log([reply], {}, stopAtText)).toMatchFileSnapshot("golden/abort.jsonl");
  });

  it("an error of the model", async () => {
    const error = new BesedaError("The model is overloaded.", { code: "unavailable", isRetryable: true });
    await expect(await log([{ text: "Half of", error }])).toMatchFileSnapshot("golden/error.jsonl");
  });

  it("the step limit", async () => {
    const call = { toolCalls: [{ toolName: "fast", input: {} }], usage };
    const options = { tools: twoTools(), maxSteps: 2 };
    await expect(await log([call, call], options)).toMatchFileSnapshot("golden/max-steps.jsonl");
  });
});
