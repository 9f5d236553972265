// The process that dies of one row of its batch. `fork(<its bundle>, [<JSON of PoisonedBatch>])`
import { appendFileSync } from "node:fs";
import { Agent, type LanguageModel, type ModelEvent, textOf, tool } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";

/** `log` gets a line for each row whose tool was run. */
export type PoisonedBatch = { folder: string; output: string; log: string; rows: number; poison: number };

const { folder, output, log, rows, poison } = JSON.parse(process.argv[2] ?? "") as PoisonedBatch;

const model: LanguageModel = {
  provider: "test",
  modelId: "digger",
  async *stream({ messages }): AsyncGenerator<ModelEvent[]> {
    const [last] = messages.slice(-1);
    // Long enough that others are under way as well.
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (last?.role === "tool") {
      yield [
        { type: "text-delta", text: last.output },
        { type: "finish", finishReason: "stop" },
      ];
    } else {
      const input = JSON.stringify({ place: last && textOf(last) });
      yield [
        { type: "tool-call", toolCallId: "dig", toolName: "dig", input },
        { type: "finish", finishReason: "tool-calls" },
      ];
    }
  },
};

const dig = tool({
  name: "dig",
  description: "Digs.",
  replay: "safe",
  inputSchema: { type: "object", properties: { place: { type: "string" } }, required: ["place"] },
  execute: ({ place }) => {
    appendFileSync(log, `${place}\n`);
    if (place === `place ${poison}`) process.abort();
    return `dug at ${place}`;
  },
});

const agent = new Agent({ name: "digger", model, tools: [dig] });
const jobs = createJobs({ agents: [agent], engine: localEngine(folder) });
const dataset = Array.from({ length: rows }, (_, index) => ({ prompt: `place ${index + 1}` }));
const batch = await jobs.batch(agent, dataset, { output, calls: "sync", resume: true });
const { answered, failed } = await batch.result();
await jobs.close();
process.send?.({ answered, failed }, () => process.disconnect());
