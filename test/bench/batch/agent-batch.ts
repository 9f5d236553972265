// The same loop over an agent of ours, without jobs: neither journal nor Parquet.
import { Agent } from "@beseda/core";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { measured } from "./measured.ts";
import { answeredRows } from "./queued-rows.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);
const place = { dataset, output, concurrency: Number(concurrency) };
const model = openaiCompatible({ baseURL: url, apiKey: "key", model: "bench" });
const agent = new Agent({ model, streamed: false });

await measured(() =>
  answeredRows(place, async (prompt) => {
    const { text, finishReason, usage } = await agent.generate(prompt);
    return { response: text, finish_reason: finishReason, usage };
  }),
);
