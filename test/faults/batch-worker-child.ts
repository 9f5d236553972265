// A process that works on a batch or on runs, says what came of it, and closes when it is asked to end.
// `fork(<its bundle>, [<JSON of WorkerTask>])`
import { Agent, toBesedaError, tool } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { openaiCompatible } from "@beseda/providers/openai-compatible";

export type WorkerTask = {
  /** Of the engine. */
  folder: string;
  url: string;
  dataset: string;
  output: string;
  concurrency: number;
  /** Begun by this process, or else what was begun before is gone on with. */
  runs: number;
  /** Of the batch. */
  resume: boolean;
};

const { folder, url, dataset, output, concurrency, runs, resume } = JSON.parse(process.argv[2] ?? "") as WorkerTask;
const look = tool({
  name: "look",
  description: "Looks something up.",
  replay: "never",
  inputSchema: { type: "object", properties: { what: { type: "string" } }, required: ["what"] },
  execute: ({ what }) => `seen ${what}`,
});
const model = openaiCompatible({ baseURL: url, model: "test-model" });
const agent = new Agent({ name: "clerk", model, tools: [look] });
const jobs = createJobs({ agents: [agent], engine: localEngine(folder), concurrency });

const endWith = (code: number) => async () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.removeAllListeners(signal);
  process.send?.("closing");
  await jobs.close();
  process.exit(code);
};
process.once("SIGTERM", endWith(0));
process.once("SIGINT", endWith(130));

try {
  if (dataset === "") process.send?.({ answers: await answersToRuns() });
  else {
    const batch = await jobs.batch(agent, dataset, { output, concurrency, calls: "sync", resume });
    await batch.result();
  }
} catch (thrown) {
  const { code, message } = toBesedaError(thrown);
  process.send?.({ error: { code, message } });
  process.exitCode = 1;
}
await jobs.close();
process.disconnect();

async function answersToRuns(): Promise<string[]> {
  const ids = Array.from({ length: runs }, (_, number) => `run-${number}`);
  const begun = ids.map((id, number) => jobs.start(agent, `Question ${number}`, { id, calls: "sync" }));
  const results = await Promise.all(begun.map(async (operation) => (await operation).result()));
  return results.map(({ text }) => text);
}
