// The same rows by jobs.batch(), journal and Parquet included. Says what a row has cost it.
import { Agent } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { measured } from "./measured.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);

await measured(async (pass) => {
  const agent = new Agent({ model: openaiCompatible({ baseURL: url, apiKey: "key", model: "bench" }) });
  const jobs = createJobs({ agents: [agent], engine: localEngine(`${output}-${pass}.jobs`) });
  const options = { output: `${output}-${pass}.parquet`, concurrency: Number(concurrency), calls: "sync" as const };
  const { answered } = await (await jobs.batch(agent, dataset, options)).result();
  await jobs.close();
  return answered;
});
