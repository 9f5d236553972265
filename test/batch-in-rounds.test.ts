// Batches in rounds through the real adapters, against strict fakes of the services: what is billed is read in their ledgers.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type LanguageModel, promptedTools, tool } from "@beseda/core";
import { promptedReply } from "@beseda/core/testing";
import { createJobs, localEngine } from "@beseda/jobs";
import { type Cells, openDataset } from "@beseda/jobs/datasets";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { yandex, yandexConnection } from "@beseda/providers/yandex";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startOpenAIBatchesServer } from "./fakes/openai-batches/openai-batches-server.ts";
import { startYandexServer } from "./fakes/yandex/yandex-server.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "beseda-rounds-"));
});
afterEach(() => rm(dir, { recursive: true }));

/** Asks for the stock twice, then says what it was told. */
function stockAgent(model: LanguageModel): Agent {
  const stock = tool({
    name: "stock",
    description: "How many of an article there are in a shop.",
    inputSchema: {
      type: "object",
      properties: { article: { type: "string" }, shop: { type: "string" } },
      required: ["article", "shop"],
    },
    execute: ({ article, shop }) => `${article} in ${shop}: ${String(article).length}`,
  });
  return new Agent({ name: "stock", model, tools: [stock] });
}

const rows = ["rope", "lamp", "compass", "anchor", "net"].map((prompt) => ({ prompt }));
const shops = ["north", "south"];
const answers = rows.map(({ prompt }) => shops.map((shop) => `${prompt} in ${shop}: ${prompt.length}`).join("; "));

async function answersInRounds(model: LanguageModel): Promise<{ said: Cells[]; usage: { totalTokens: number } }> {
  const jobs = createJobs({ engine: localEngine(join(dir, "jobs")) });
  try {
    const output = join(dir, "out.parquet");
    const batch = await jobs.batch(stockAgent(model), rows, { output, calls: "batch", pollMs: 5 });
    const { usage } = await batch.result();
    const said: Cells[] = [];
    for await (const read of (await openDataset(output)).rows())
      for (const { cells } of read) if (cells) said.push(cells);
    expect(said.map(({ error }) => error)).toEqual(Array(rows.length).fill(null));
    return { said, usage };
  } finally {
    await jobs.close();
  }
}

it("an agent of three steps is three batches of OpenAI's Batches API, whatever the number of rows", async () => {
  const server = await startOpenAIBatchesServer({
    respond: ({ body }) => {
      const messages = body.messages as { role: string; content: string }[];
      const seen = messages.filter(({ role }) => role === "tool").map(({ content }) => content);
      const article = messages.find(({ role }) => role === "user")?.content;
      if (seen.length === shops.length) return { text: seen.join("; ") };
      return { toolCalls: [{ name: "stock", arguments: { article, shop: shops[seen.length] } }] };
    },
  });
  try {
    const { url: baseURL, apiKey } = server;
    const { said } = await answersInRounds(openaiCompatible({ baseURL, apiKey, model: "test-model", batches: true }));
    expect(said.map(({ response }) => response)).toEqual(answers);
    expect(server.batches).toHaveLength(3);
    expect(server.billed.map(({ batchId }) => batchId !== undefined)).toEqual(Array(15).fill(true));
  } finally {
    await server.close();
  }
}, 60_000);

it.each([
  ["as it is", (model: LanguageModel) => model],
  ["wrapped by hand", promptedTools],
] as const)(
  "an agent of three steps is three batches of Yandex AI Studio, its tools in words: a model %s",
  async (_, wrap) => {
    const server = await startYandexServer({
      grpc: true,
      respond: ({ messages }) => {
        const told = messages.map(({ text }) => text);
        const seen = told.flatMap((text) => [...text.matchAll(/\w+ in (?:north|south): \d+/g)].map(([found]) => found));
        const article = messages.find(({ role }) => role === "user")?.text ?? "";
        if (seen.length === shops.length) return { text: seen.join("; ") };
        const { text } = promptedReply({
          toolCalls: [{ toolName: "stock", input: { article, shop: shops[seen.length] } }],
        });
        return { text: [text].flat().join("") };
      },
    });
    try {
      const connection = yandexConnection({ ...server.settings });
      const { said, usage } = await answersInRounds(wrap(yandex("qwen3-8b", { connection })));
      expect(said.map(({ response }) => response)).toEqual(answers);
      expect(server.ledger.filter(({ billed }) => billed)).toHaveLength(3);
      // The service counts none: they are counted here.
      expect(usage.totalTokens).toBeGreaterThan(0);
    } finally {
      await server.close();
    }
  },
  60_000,
);
