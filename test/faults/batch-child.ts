// The process that is killed in the middle of a batch: begins it, or goes on with it, and says when it has begun to and
// when it is done. `fork(<its bundle>, [<JSON of BatchWork>])`
import { Agent } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { openaiCompatible } from "@beseda/providers/openai-compatible";

export type BatchWork = {
  /** Of the engine. */
  folder: string;
  url: string;
  dataset: string;
  output: string;
  concurrency: number;
};

const { folder, url, dataset, output, concurrency } = JSON.parse(process.argv[2] ?? "") as BatchWork;
process.send?.("begun");
const agent = new Agent({ name: "clerk", model: openaiCompatible({ baseURL: url, model: "test-model" }) });
const jobs = createJobs({ agents: [agent], engine: localEngine(folder) });
const batch = await jobs.batch(agent, dataset, { output, concurrency, calls: "sync", resume: true });
const { answered } = await batch.result();
await jobs.close();
process.send?.({ answered }, () => process.disconnect());
