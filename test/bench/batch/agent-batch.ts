// The same loop over an agent of ours, without jobs: neither journal nor Parquet.
import { writeFile } from "node:fs/promises";
import { Agent } from "@beseda/core";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { measured } from "./measured.ts";
import { queuedRows } from "./queued-rows.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);

await measured(async () => {
  const model = openaiCompatible({ baseURL: url, apiKey: "key", model: "bench" });
  const agent = new Agent({ model, streamed: false });
  const answers: string[] = [];
  const rows = await queuedRows(dataset, Number(concurrency), async (row, number) => {
    const { text, finishReason, usage } = await agent.generate(row.prompt);
    answers[number] = JSON.stringify({ ...row, response: text, finish_reason: finishReason, usage });
  });
  await writeFile(output, answers.join("\n"));
  return rows;
});
