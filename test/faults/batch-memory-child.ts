// A process that works on a large batch with a model of its own, and says after so many rows what it holds.
// `fork(<its bundle>, [<JSON of MemoryWork>], { execArgv: ["--expose-gc"] })`
import { Agent, type LanguageModel } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";

export type MemoryWork = { folder: string; dataset: string; output: string; concurrency: number; every: number };

/** In MB; `held`: of the heap and beside it, after the garbage was collected. */
export type MemorySample = { rows: number; seconds: number; rss: number; held: number };
export type MemoryPeak = { peakRss: number; seconds: number; answered: number };

const { folder, dataset, output, concurrency, every } = JSON.parse(process.argv[2] ?? "") as MemoryWork;
const collect = globalThis.gc ?? (() => {});
const megabyte = 1024 * 1024;
let rows = 0;
const usage = { inputTokens: 20, outputTokens: 20, totalTokens: 40, cost: { RUB: 0.0125 } };
const model: LanguageModel = {
  provider: "local",
  modelId: "instant",
  async *stream({ messages }) {
    if (++rows % every === 0) process.send?.(sample());
    const last = messages.at(-1);
    const text = `Answer to ${last?.role === "user" ? last.content : ""}: ${"и так далее ".repeat(10)}`;
    yield [
      { type: "text-delta", text },
      { type: "finish", finishReason: "stop", usage },
    ];
  },
};
const jobs = createJobs({ engine: localEngine(folder) });
const batch = await jobs.batch(new Agent({ name: "clerk", model }), dataset, { output, concurrency });
const { answered } = await batch.result();
await jobs.close();
const peakRss = process.resourceUsage().maxRSS / 1024;
process.send?.({ peakRss, seconds: process.uptime(), answered } satisfies MemoryPeak, () => process.disconnect());

function sample(): MemorySample {
  const { rss } = process.memoryUsage();
  // What lies beside the heap is counted until the collection after the one that has found it to be garbage.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return { rows, seconds: process.uptime(), rss: rss / megabyte, held: (heapUsed + external) / megabyte };
}
