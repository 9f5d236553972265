// The process whose memory is measured: many runs of every kind, half of them over sockets, all under one signal.
// `node --expose-gc --import tsx many-runs-child.ts <base URL> <runs>` prints one line of JSON.
import { getEventListeners, setMaxListeners } from "node:events";
import { Agent, type LanguageModel, tool } from "@beseda/core";
import { type ScriptedReply, scriptedModel } from "@beseda/core/testing";
import { openaiCompatible } from "@beseda/providers/openai-compatible";

const [, , baseURL = "", count = "0"] = process.argv;
const runs = Number(count);

const kinds = ["finished", "tools", "failed", "cancelled", "left", "timeout", "aborted"] as const;
type Kind = (typeof kinds)[number];

const shared = new AbortController();
setMaxListeners(0, shared.signal);

const look = tool({ name: "look", description: "", inputSchema: { type: "object" }, execute: () => "x".repeat(1_000) });
const fail = tool({
  name: "fail",
  description: "",
  inputSchema: { type: "object" },
  execute: () => {
    throw new Error("no");
  },
});
const stall = tool({
  name: "stall",
  description: "",
  inputSchema: { type: "object" },
  execute: () => new Promise(() => {}),
  timeout: 2,
});
const tools = [look, fail, stall];

const overSockets = openaiCompatible({ baseURL, model: "test-model", apiKey: "sk-test", retry: { retries: 0 } });
const longLived = new Agent({ model: overSockets, tools });

function scripted(kind: Kind): LanguageModel {
  const call = (...names: string[]) => ({ toolCalls: names.map((toolName) => ({ toolName, input: {} })) });
  const firsts: Record<Kind, ScriptedReply> = {
    finished: { text: "Done." },
    tools: call("look", "fail", "look"),
    failed: { text: "So", error: new Error("broken") },
    cancelled: { text: "So", hangs: true },
    left: { text: "So", hangs: true },
    timeout: call("stall", "look"),
    aborted: { text: "So", hangs: true },
  };
  return scriptedModel([firsts[kind], { text: "Done." }]);
}

async function oneRun(number: number): Promise<string> {
  const kind = kinds[number % kinds.length] ?? "finished";
  const agent = number % 2 ? longLived : new Agent({ model: scripted(kind), tools });
  const own = new AbortController();
  const run = agent.stream(kind, { signal: kind === "aborted" ? own.signal : shared.signal });
  for await (const part of run.fullStream) {
    if (part.type !== "text-delta") continue;
    if (kind === "cancelled") run.cancel();
    if (kind === "aborted") own.abort();
    if (kind === "left") break;
  }
  return run.result.then(
    ({ finishReason }) => finishReason,
    () => "failed",
  );
}

const ends: Record<string, number> = {};
let next = 0;

async function runUntil(end: number): Promise<void> {
  const worker = async () => {
    while (next < end) {
      const how = await oneRun(next++);
      ends[how] = (ends[how] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** What is reachable, in bytes: turns of the event loop let go of what the last runs held, then gc. */
async function heap(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}

const heaps: number[] = [];
// The first quarter is for what is made once, and for the compiler.
for (let quarter = 1; quarter <= 4; quarter++) {
  await runUntil((runs * quarter) / 4);
  heaps.push(await heap());
}
const resources = process.getActiveResourcesInfo();
process.stdout.write(
  `${JSON.stringify({
    heaps,
    ends,
    listeners: getEventListeners(shared.signal, "abort").length,
    timers: resources.filter((kind) => kind === "Timeout").length,
    sockets: resources.filter((kind) => kind === "TCPSocketWrap").length,
  })}\n`,
);
process.exit(0);
