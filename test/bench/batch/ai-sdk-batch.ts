// The same loop over AI SDK, with neither journal nor Parquet: what those pay who write `generateText` into a loop.
import { writeFile } from "node:fs/promises";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";
import { measured } from "./measured.ts";
import { queuedRows } from "./queued-rows.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);

await measured(async () => {
  const model = createOpenAICompatible({ name: "bench", baseURL: url, apiKey: "key" }).chatModel("bench");
  const answers: string[] = [];
  const rows = await queuedRows(dataset, Number(concurrency), async (row, number) => {
    const { text, finishReason, usage } = await generateText({ model, prompt: row.prompt });
    answers[number] = JSON.stringify({ ...row, response: text, finish_reason: finishReason, usage });
  });
  await writeFile(output, answers.join("\n"));
  return rows;
});
