// The process that is killed with runs under way. It begins those that are not begun, works, and tells when all are done.
// `fork(<its bundle>, [<JSON of KilledWork>])`
import fs from "node:fs";
import { join } from "node:path";
import { Agent, type Tool, tool } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { fileMemory } from "@beseda/memory";
import { type YandexSettings, yandex } from "@beseda/providers/yandex";

export type KilledWork = { folder: string; runs: number; settings: YandexSettings };

/** How a run ended. */
export type RunEnd = { id: string; text?: string | undefined; error?: string | undefined };

export type ChildNews = { news: "working" } | { news: "done"; ends: RunEnd[] };

const { folder, runs, settings } = JSON.parse(process.argv[2] ?? "") as KilledWork;

/** What the world outside has seen of the tools: a line for each time one was carried out. */
function carriedOut(name: string, of: unknown): void {
  fs.appendFileSync(join(folder, "world.log"), `${name} ${of}\n`);
}

const note = (name: string, replay: Tool["replay"]) =>
  tool({
    name,
    description: `Does ${name}.`,
    inputSchema: { type: "object", properties: { of: { type: "string" } }, required: ["of"] },
    replay,
    execute: async ({ of }, { runId }) => {
      carriedOut(name, runId);
      // Long enough to be killed in.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return `${name} of ${of} is done`;
    },
  }) as Tool;

const agent = new Agent({
  name: "clerk",
  model: yandex("yandexgpt-lite", settings),
  tools: [note("look", "safe"), note("pay", "never")],
  memory: fileMemory(join(folder, "threads")),
});
const jobs = createJobs({ agents: [agent], engine: localEngine(join(folder, "jobs")) });
process.send?.({ news: "working" } satisfies ChildNews);
const operations = await Promise.all(
  Array.from({ length: runs }, (_, run) =>
    jobs.start("clerk", `Pay bill ${run}.`, { id: `run-${run}`, threadId: `thread-${run}`, pollMs: 5 }),
  ),
);
const ends = await Promise.all(
  operations.map(async (operation): Promise<RunEnd> => {
    const { id, response, error } = await operation.wait();
    return { id, text: response?.text, error: error?.advice };
  }),
);
await jobs.close();
process.send?.({ news: "done", ends } satisfies ChildNews, () => process.disconnect());
