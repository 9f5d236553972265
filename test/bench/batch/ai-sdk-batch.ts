// The same loop over AI SDK, with neither journal nor Parquet: what those pay who write `generateText` into a loop.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText } from "ai";
import { measured } from "./measured.ts";
import { answeredRows } from "./queued-rows.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);
const place = { dataset, output, concurrency: Number(concurrency) };
const model = createOpenAICompatible({ name: "bench", baseURL: url, apiKey: "key" }).chatModel("bench");

await measured(() =>
  answeredRows(place, async (prompt) => {
    const { text, finishReason, usage } = await generateText({ model, prompt });
    return { response: text, finish_reason: finishReason, usage };
  }),
);
