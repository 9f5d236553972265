// The process that is killed while it finishes a batch: says when the finish begins, and when it is over.
// `fork(<its bundle>, [<JSON of FinishWork>])`
import { Agent, type JobEngine } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { createJobs, localEngine } from "@beseda/jobs";

export type FinishWork = {
  /** Of the engine. */
  folder: string;
  rows: number;
  output: string;
};

const { folder, rows, output } = JSON.parse(process.argv[2] ?? "") as FinishWork;
const model = scriptedModel(({ messages }) => {
  const last = messages.at(-1);
  return { text: `Answer to ${last?.role === "user" ? last.content : ""}` };
});
const agent = new Agent({ name: "clerk", model });
const jobs = createJobs({ agents: [agent], engine: telling(localEngine(folder)) });
const questions = Array.from({ length: rows }, (_, id) => ({ id, prompt: String(id) }));
const batch = await jobs.batch(agent, questions, { output, resume: true });
await batch.result();
await jobs.close();
process.disconnect();

/** Its workers say when a batch begins to be finished, and when it is done. */
function telling(engine: JobEngine): JobEngine {
  return {
    ...engine,
    claim: async (wanted) => {
      const lease = await engine.claim(wanted);
      const report = lease?.report.bind(lease);
      if (!lease || !report) return lease;
      lease.report = (news) => {
        if (news.metadata?.state === "finishing") process.send?.("finishing");
        return report(news);
      };
      const finish = lease.finish.bind(lease);
      lease.finish = async (outcome) => {
        await finish(outcome);
        if (lease.job.kind === "batch") process.send?.("finished");
      };
      return lease;
    },
  };
}
