// What is measured. Every scenario checks that the work was done: who does less fails instead of winning.
import { readFileSync } from "node:fs";
import type { Contestant } from "./contestant.ts";
import { lookupTool } from "./lookup-tool.ts";

export type Figure = { title: string; unit: string };

export type Scenario = {
  figures: readonly Figure[];
  /** In a new process each time, because memory is measured. */
  isFresh?: true;
  /** One value for each figure. */
  measure(contestant: Contestant): Promise<number[]>;
};

export const chunks = 2_000;
export const toolRounds = 10;
export const parallelCalls = 8;
export const pacedChunks = 50;
const sessions = 300;

const prompt = "Go on.";
const system = "Be brief.";

export const scenarios = {
  text: {
    figures: [{ title: `CPU per chunk by textStream, ${chunks} at once`, unit: "µs" }],
    measure: (contestant) => cpuOf(15, chunks, () => burst(contestant, "streamText")),
  },
  parts: {
    figures: [{ title: "the same by fullStream", unit: "µs" }],
    measure: (contestant) => cpuOf(15, chunks, () => burst(contestant, "streamParts")),
  },
  first: {
    figures: [{ title: "server's first byte → first text", unit: "µs" }],
    measure: async (contestant) => {
      const delays: number[] = [];
      for (let run = 0; run < 15; run += 1) delays.push(await firstText(contestant));
      return [delays.toSorted((a, b) => a - b)[7] ?? Number.NaN];
    },
  },
  steps: {
    figures: [{ title: `CPU per agent step, ${toolRounds} tool rounds, streamed`, unit: "µs" }],
    measure: (contestant) => cpuOf(15, toolRounds + 1, () => agentRun(contestant, true)),
  },
  wholeSteps: {
    figures: [{ title: "the same, not streamed", unit: "µs" }],
    measure: (contestant) => cpuOf(15, toolRounds + 1, () => agentRun(contestant, false)),
  },
  parallel: {
    figures: [{ title: `CPU of ${parallelCalls} tools of 20 ms at once`, unit: "µs" }],
    measure: (contestant) => cpuOf(8, 1, () => parallelTools(contestant)),
  },
  history: {
    figures: [50, 400].map((length) => ({ title: `CPU per turn after ${length} messages`, unit: "µs" })),
    measure: async (contestant) => [await turnAfter(contestant, 50), await turnAfter(contestant, 400)],
  },
  sessions: {
    figures: [
      { title: `CPU per chunk, ${sessions} sessions of a chunk every 20 ms`, unit: "µs" },
      { title: "memory per session", unit: "KB" },
    ],
    isFresh: true,
    measure: sessionsAtOnce,
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

async function cpuOf(runs: number, units: number, work: () => Promise<void>): Promise<number[]> {
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run += 1) await work();
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / runs / units];
}

async function burst(contestant: Contestant, way: "streamText" | "streamParts"): Promise<void> {
  let seen = 0;
  const onText = (piece: string) => {
    seen += piece.length;
  };
  const { text } = await contestant[way]({ model: "burst", prompt, onText });
  expectSame(seen, chunks * 4);
  expectSame(text.length, chunks * 4);
}

/** The first piece says when it was written, by the clock that all processes of a machine share. */
async function firstText(contestant: Contestant): Promise<number> {
  let delay: number | undefined;
  const onText = (piece: string) => {
    delay ??= Number(process.hrtime.bigint() / 1000n) - Number(piece);
  };
  const { text } = await contestant.streamText({ model: "stamped", prompt, onText });
  expectSame(text.length, 16 + chunks * 4);
  return delay ?? Number.NaN;
}

async function agentRun(contestant: Contestant, stream: boolean): Promise<void> {
  const lookup = lookupTool();
  const { text } = await contestant.runAgent({ model: "steps", system, prompt, tools: [lookup], maxSteps: 20, stream });
  expectSame(text.length, 20 * 4);
  expectSame(lookup.calls, toolRounds);
}

async function parallelTools(contestant: Contestant): Promise<void> {
  const lookup = lookupTool({ sleepMs: 20 });
  const tools = [lookup];
  const { text } = await contestant.runAgent({ model: "parallel", system, prompt, tools, maxSteps: 5, stream: true });
  expectSame(text.length, 20 * 4);
  expectSame(lookup.calls, parallelCalls);
}

/** The second turn of each of some conversations: whoever keeps something of a message has it by then. */
async function turnAfter(contestant: Contestant, length: number): Promise<number> {
  const history = Array.from({ length }, (_, index) => ({
    role: index % 2 === 0 ? ("user" as const) : ("assistant" as const),
    content: `message ${index}: ${"the quick brown fox jumps over the lazy dog, then naps. ".repeat(7)}`,
  }));
  const begun = Array.from({ length: 8 }, async () => {
    const conversation = await contestant.conversation({ model: "hello", system, history });
    await conversation.send("first");
    return conversation;
  });
  const opened = await Promise.all(begun);
  const [cpu = Number.NaN] = await cpuOf(1, opened.length, async () => {
    for (const conversation of opened) expectSame((await conversation.send("and then?")).text.length, 20 * 4);
  });
  return cpu;
}

async function sessionsAtOnce(contestant: Contestant): Promise<number[]> {
  for (let warmUp = 0; warmUp < 20; warmUp += 1) await burst(contestant, "streamText");
  const before = process.memoryUsage.rss();
  const cpu = await cpuOf(1, sessions * pacedChunks, async () => {
    const all = Array.from({ length: sessions }, async () => {
      const conversation = await contestant.conversation({ model: "paced", system, history: [] });
      let seen = 0;
      await conversation.send(prompt, (piece) => {
        seen += piece.length;
      });
      expectSame(seen, pacedChunks * 4);
    });
    await Promise.all(all);
  });
  return [...cpu, (peakMemory() - before) / sessions / 1024];
}

/** Bytes. Linux knows the peak; elsewhere it is what is held now. */
function peakMemory(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) * 1024;
  } catch {
    return process.memoryUsage.rss();
  }
}

function expectSame(found: number, expected: number): void {
  if (found !== expected) throw new Error(`${found} instead of ${expected}: not all of the work was done`);
}
