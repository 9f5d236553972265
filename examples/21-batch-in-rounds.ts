// A batch at the price of a batch, tools included: what all rows ask next goes out as one batch of the service, their tools run
// here, and the next round follows. Six rows of an agent of three steps are three batches. Without a key it is a fake of Yandex
// AI Studio: set YC_API_KEY and YC_FOLDER_ID for the real one, where a batch takes hours and has a least price.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, promptedTools, tool } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { openDataset } from "@beseda/jobs/datasets";
import { yandex } from "@beseda/providers/yandex";
import { z } from "zod";
import { yandexOrFake } from "../test/fakes/yandex/yandex-or-fake.ts";

// What the fake's model says: it asks for the price, then for the weight, then it answers.
const { connection, isFake, close } = await yandexOrFake({
  grpc: true,
  respond: ({ messages }) => {
    const article = messages.find(({ role }) => role === "user")?.text.match(/\w+$/)?.[0];
    const told = messages.map(({ text }) => text).join("\n");
    const price = told.match(/costs (\d+)/)?.[1];
    const grams = told.match(/weighs (\d+)/)?.[1];
    const call = (name: string) => `<tool_call>{"name": "${name}", "arguments": {"article": "${article}"}}</tool_call>`;
    if (!price) return { text: call("price_of") };
    return { text: grams ? `A ${article}: ${price} roubles, ${grams} grams.` : call("weight_of") };
  },
});

const articles = ["rope", "lamp", "compass", "anchor", "net", "flag"];
const article = z.object({ article: z.string() });
const agent = new Agent({
  name: "catalogue",
  // Batches of this service take no tools: the model is asked for them in words.
  model: promptedTools(yandex("qwen3-8b", { connection })),
  instructions: "Look up what you are asked. Answer in one line, with price and weight.",
  tools: [
    tool({
      name: "price_of",
      description: "What an article costs, in roubles",
      inputSchema: article,
      execute: ({ article }) => `A ${article} costs ${article.length * 100}.`,
    }),
    tool({
      name: "weight_of",
      description: "What an article weighs, in grams",
      inputSchema: article,
      execute: ({ article }) => `A ${article} weighs ${article.length * 250}.`,
    }),
  ],
});

const folder = await mkdtemp(join(tmpdir(), "beseda-example-"));
const output = join(folder, "catalogue.parquet");
const jobs = createJobs({ agents: [agent], engine: localEngine(join(folder, "jobs")) });

const questions = articles.map((each) => ({ prompt: `Price and weight of: ${each}` }));
const batch = await jobs.batch(agent, questions, { output, calls: "batch", pollMs: isFake ? 10 : 60_000 });
console.log("batch:", batch.id);

// This process may end here: whoever works for the same folder goes on, and waits for the batch that was sent.
const result = await batch.result();
const { providerBatches } = JSON.parse(await readFile(result.manifest, "utf8"));
console.log(`${result.answered} rows answered by ${providerBatches} batches of the service`);
for await (const rows of (await openDataset(output)).rows()) {
  for (const { cells } of rows) console.log(cells?.response);
}

await jobs.close();
await close();
await rm(folder, { recursive: true });
