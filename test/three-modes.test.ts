// One agent, three modes: what it answers now, later and for a data set, however its model is asked.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Agent,
  type BatchRequests,
  BesedaError,
  type LanguageModel,
  type ModelEvent,
  type ModelRequest,
  type RunResult,
  textOf,
  tool,
  toolCallsOf,
} from "@beseda/core";
import { type ScriptedReply, scriptedModel } from "@beseda/core/testing";
import { createJobs, type Jobs, localEngine } from "@beseda/jobs";
import { type Cells, openDataset } from "@beseda/jobs/datasets";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";

let dir: string;
let jobs: Jobs;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-three-modes-"));
  jobs = createJobs({ engine: localEngine(join(dir, "jobs")) });
});
afterEach(async () => {
  await jobs.close();
  await rm(dir, { recursive: true });
});

const inputs = ["чай 🍵", "tea", "rope", "", "no"].map((article) => `How much ${article}?`);

/** What the user of each mode gets to know of a run. */
type Answer = {
  text: string | null;
  output: unknown;
  reasoning: string | null;
  finishReason: string | null;
  toolCalls: { id: string; name: string; input: unknown; output: string | null; isError: boolean }[];
  /** Of one that was answered. */
  usage: { inputTokens: number; outputTokens: number; totalTokens: number; cost: unknown } | undefined;
  error: string | null;
};

it("an agent with tools, a sub-agent, reasoning and a structured answer gives the same in all modes and ways to ask its model", async () => {
  const now: Answer[] = [];
  for (const input of inputs) now.push(await answerOf(clerk().generate(input)));
  expect(now.map(({ error, finishReason }) => error ?? finishReason)).toEqual([...Array(4).fill("stop"), "rejected"]);
  expect(now[0]).toEqual({
    text: '{"article":"чай 🍵","boxes":6}',
    output: { article: "чай 🍵", boxes: 6 },
    reasoning: "First the shelf and the expert.\n\nNow I know.",
    finishReason: "stop",
    toolCalls: [
      { id: "1", name: "stock", input: { article: "чай 🍵" }, output: "6", isError: false },
      {
        id: "2",
        name: "expert",
        input: { task: "What is чай 🍵?" },
        output: "чай 🍵 is sold in boxes.",
        isError: false,
      },
    ],
    usage: { inputTokens: 30, outputTokens: 15, totalTokens: 45, cost: { RUB: 1.5 } },
    error: null,
  });
  expect(now[2]?.toolCalls[0]).toMatchObject({ name: "stock", isError: true });

  for (const calls of ["sync", "async"] as const) {
    const agent = clerk(`started ${calls}`);
    for (const [index, input] of inputs.entries()) {
      const operation = await jobs.start(agent, input, { calls, pollMs: 1 });
      expect(await answerOf(operation.result()), `start, ${calls}: ${input}`).toEqual(now[index]);
    }
  }
  for (const calls of ["sync", "async", "batch"] as const) {
    const output = join(dir, `${calls}.parquet`);
    const rows = inputs.map((prompt) => ({ prompt }));
    const batch = await jobs.batch(clerk(`of rows, ${calls}`), rows, { output, calls, pollMs: 1 });
    expect(await batch.result()).toMatchObject({ answered: 4, failed: 1 });
    expect(await answersIn(output), `batch, ${calls}`).toEqual(now);
  }
}, 60_000);

function clerk(name = "clerk"): Agent {
  const stock = tool({
    name: "stock",
    description: "How much of an article there is.",
    inputSchema: z.object({ article: z.string() }),
    execute: ({ article }) => {
      if (article === "rope") throw new Error("The shelf is locked.");
      return article.length;
    },
  });
  const expert = new Agent({ name: "expert", instructions: "You know articles.", model: inAllModes() });
  return new Agent({
    name,
    instructions: "You are a clerk.",
    model: inAllModes(),
    tools: [stock, expert.asTool()],
    output: z.object({ article: z.string(), boxes: z.number() }),
    reasoning: "native",
  });
}

/** Says what it says by the request alone, so that it may be asked in any order. */
function reply({ instructions, messages }: ModelRequest): ScriptedReply {
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15, cost: { RUB: 0.5 } };
  const asked = messages.find(({ role }) => role === "user");
  const said = asked?.role === "user" ? String(asked.content) : "";
  if (instructions.includes("know articles")) {
    return { reasoning: "I know.", text: `${said.slice("What is ".length, -1)} is sold in boxes.`, usage };
  }
  const article = said.slice("How much ".length, -1);
  if (article === "no") return { error: new BesedaError("Not this one.", { code: "rejected", hint: "Take another." }) };
  const results = messages.filter((message) => message.role === "tool");
  if (results.length === 0) {
    return {
      reasoning: "First the shelf and the expert.",
      toolCalls: [
        { toolName: "stock", input: { article }, toolCallId: "1" },
        { toolName: "expert", input: { task: `What is ${article}?` }, toolCallId: "2" },
      ],
      usage,
    };
  }
  const boxes = results[0]?.isError ? 0 : Number(results[0]?.output);
  return { reasoning: "Now I know.", text: JSON.stringify({ article, boxes }), usage };
}

/** The same replies at once, by operations and in batches. */
function inAllModes(): LanguageModel {
  const model: LanguageModel = { ...scriptedModel(reply), abilities: { outputSchema: "always" } };
  const whole = async (request: ModelRequest): Promise<ModelEvent[]> => {
    const events: ModelEvent[] = [];
    for await (const some of model.stream(request)) events.push(...some);
    return events;
  };
  const told = (request: ModelRequest) =>
    whole(request).then(
      (events) => ({ events }),
      (error: BesedaError) => ({ error }),
    );
  const submitted = new Map<string, ModelRequest>();
  const polled = async (id: string) => {
    const { events, error } = {
      events: undefined,
      error: undefined,
      ...(await told(submitted.get(id) as ModelRequest)),
    };
    return error ? { id, done: true, error } : { id, done: true, response: events as ModelEvent[] };
  };
  const finished = async (id: string) => ({ id, done: true, response: {} });
  return {
    ...model,
    operations: {
      submit: async (request) => {
        const id = `operation-${submitted.size}`;
        submitted.set(id, request);
        return { id, done: false };
      },
      poll: polled,
      cancel: polled,
    },
    batches: {
      start: async (_requests, { key }) => ({ id: key, done: false }),
      poll: finished,
      cancel: finished,
      async *replies(_id: string, requests: BatchRequests) {
        let index = 0;
        for await (const request of requests) yield { index: index++, ...(await told(request)) };
      },
    },
  };
}

async function answerOf(running: Promise<RunResult>): Promise<Answer> {
  const nothing = {
    text: null,
    output: undefined,
    reasoning: null,
    finishReason: null,
    toolCalls: [],
    usage: undefined,
  };
  try {
    const { text, output, reasoning, finishReason, steps, usage } = await running;
    const toolCalls = steps.flatMap(({ message, toolResults }) =>
      toolCallsOf(message).map(({ toolCallId: id, toolName: name, input }) => {
        const result = toolResults.find(({ toolCallId }) => toolCallId === id);
        return { id, name, input, output: result ? textOf(result) : null, isError: result?.isError ?? false };
      }),
    );
    return { text, output, reasoning, finishReason, toolCalls, usage: counts(usage), error: null };
  } catch (thrown) {
    return { ...nothing, error: (thrown as BesedaError).code };
  }
}

async function answersIn(path: string): Promise<Answer[]> {
  const all: Cells[] = [];
  for await (const rows of (await openDataset(path)).rows()) for (const { cells } of rows) if (cells) all.push(cells);
  return all.map((cells) => {
    const row = cells as unknown as Row;
    const text = row.response;
    const toolCalls = row.tool_calls.map(({ is_error: isError, input, ...call }) => ({
      ...call,
      input: JSON.parse(input),
      isError,
    }));
    const { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens } = row.usage;
    return {
      text,
      output: text === null ? undefined : JSON.parse(text),
      reasoning: row.reasoning,
      finishReason: row.error ? null : row.finish_reason,
      toolCalls,
      usage: row.error ? undefined : { inputTokens, outputTokens, totalTokens, cost: row.cost },
      error: row.error?.code ?? null,
    };
  });
}

type Row = {
  response: string | null;
  reasoning: string | null;
  finish_reason: string | null;
  tool_calls: { id: string; name: string; input: string; output: string | null; is_error: boolean }[];
  usage: { input_tokens: number; output_tokens: number; total_tokens: number };
  cost: { RUB: number } | null;
  error: { code: string } | null;
};

function counts({ inputTokens, outputTokens, totalTokens, cost }: RunResult["usage"]): Answer["usage"] {
  return { inputTokens, outputTokens, totalTokens, cost };
}
