// An agent with its tools for every row of a data set: a Parquet file comes of it, with a manifest and a report beside it.
// Killed in the middle and started again, it goes on where it was. Offline: needs no key.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type BesedaError, rateLimited, tool } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { openDataset } from "@beseda/jobs/datasets";
import { offline } from "@beseda/providers/offline";
import { calculator } from "@beseda/tools";
import { z } from "zod";

const orders = new Map(Object.entries({ "A-1042": "on its way", "A-1043": "waiting for payment" }));

const agent = new Agent({
  name: "shop",
  // Of a hosted model it would be what the account allows; 429s are then rare, however many rows are asked at once.
  model: rateLimited(offline(), { requestsPerMinute: 3_000, tokensPerMinute: 2_000_000 }),
  tools: [
    calculator(),
    tool({
      name: "order_status",
      description: "Looks up where an order is, by its number",
      inputSchema: z.object({ orderNumber: z.string().describe("such as A-1042") }),
      examples: ["Where is my order A-1042?", "Где мой заказ A-1042?"],
      effects: "read",
      execute: ({ orderNumber }) => ({ orderNumber, status: orders.get(orderNumber) ?? "unknown" }),
    }),
  ],
});

const questions = [
  { id: "q1", prompt: "Where is my order A-1042?", asked: "2026-03-01T09:00:00Z" },
  { id: "q2", prompt: "What is 17 * 23?", asked: "2026-03-01T09:05:00Z" },
  { id: "q3", prompt: "Where is my order A-1043?", asked: null },
];

// Of one's own it would be a folder that stays, and "questions.csv" in place of the rows.
const folder = await mkdtemp(join(tmpdir(), "beseda-example-"));
const output = join(folder, "answers.parquet");
const jobs = createJobs({ agents: [agent], engine: localEngine(join(folder, "jobs")) });

const batch = await jobs.batch(agent, questions, {
  output,
  concurrency: 2,
  resume: true,
  confirm: ({ rows, inputTokens, cost }) => {
    const price = cost && Object.entries(cost).map(([currency, amount]) => `${amount} ${currency}`);
    console.log(
      `${rows} rows, about ${inputTokens} tokens to read, cost ${price ? price.join(", ") || "nothing" : "unknown"}`,
    );
    return true;
  },
});
const result = await batch.result();
console.log(`${result.answered} answered, ${result.failed} failed`);

for await (const rows of (await openDataset(output)).rows()) {
  console.table(
    rows.map(({ cells: { id, response, tool_calls: calls, error } = {} }) => ({
      id,
      response,
      tools: (calls as { name: string }[]).map(({ name }) => name).join(),
      error,
    })),
  );
}
const manifest = JSON.parse(await readFile(result.manifest, "utf8"));
console.log("models:", manifest.models[0].model, "· steps:", manifest.steps, "· tools:", manifest.toolCalls);

// The same output is the same batch: with resume it is there at once, without it nothing is lost by mistake.
const again = await jobs.batch(agent, questions, { output, resume: true });
console.log("done already:", again.done);
await jobs.batch(agent, questions, { output }).catch((error: BesedaError) => console.log("refused:", error.hint));

await jobs.close();
await rm(folder, { recursive: true });
