// T4: a process is killed inside a tool that must not run twice; then another one goes on with the thread.
import { spawn } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Agent, type ModelRequest, type ToolMessage, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { fileMemory } from "@beseda/memory";
import { randomFrom, tell } from "./fault-bench.ts";

/** What the next process found after a kill. */
export type AfterKill = {
  /** How often the bill had been paid, and how often it was after the thread went on. */
  paidBefore: number;
  paidAfter: number;
  /** What the model was told about the call that was cut. */
  told: ToolMessage[];
  answer: string;
};

/** So many kills, two at once; half of them as soon as the tool begins, half when it has paid, each a few ms later. */
export async function killInATool(kills: number, seed: number): Promise<AfterKill[]> {
  const random = randomFrom(seed);
  const moments = Array.from({ length: kills }, (_, kill) => ({
    after: kill % 2 ? "paid" : "inside",
    ms: Math.floor(random() * 4),
  }));
  const found: AfterKill[] = [];
  const queue = moments.values();
  const worker = async () => {
    for (const { after, ms } of queue) found.push(await killOnce(after, ms));
  };
  await Promise.all([worker(), worker()]);
  tell("T4 kills inside a tool", {
    kills,
    "paid before the kill": found.filter(({ paidBefore }) => paidBefore === 1).length,
    "automatic repeats": found.reduce((sum, { paidBefore, paidAfter }) => sum + paidAfter - paidBefore, 0),
    "told that it is unknown": found.filter(({ told }) => told.some(({ output }) => output.includes("unknown"))).length,
    seed,
  });
  return found;
}

async function killOnce(after: string, ms: number): Promise<AfterKill> {
  const folder = fs.mkdtempSync(join(tmpdir(), "beseda-kill-"));
  try {
    const script = fileURLToPath(new URL("pay-child.ts", import.meta.url));
    const child = spawn(process.execPath, ["--import", "tsx", script, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const said: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      said.push(line);
      if (line === after) setTimeout(() => child.kill("SIGKILL"), ms);
    }
    await ended;
    if (child.signalCode !== "SIGKILL") throw new Error(`It ended by itself and had said: ${said.join(", ")}`);
    const paidBefore = paymentsIn(folder);
    return { paidBefore, ...(await goOn(folder)), paidAfter: paymentsIn(folder) };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** What a new process does when the user writes again; it takes over the lock of the one that was killed. */
async function goOn(folder: string): Promise<Pick<AfterKill, "told" | "answer">> {
  await using memory = fileMemory(join(folder, "memory"));
  const model = scriptedModel([{ text: "I do not know whether it was paid." }]);
  const pay = tool({
    name: "pay",
    description: "Pays a bill.",
    inputSchema: { type: "object" },
    effects: "external",
    needsApproval: false,
    execute: () => fs.appendFileSync(join(folder, "payments"), "again\n"),
  });
  const { text } = await new Agent({ model, tools: [pay], memory }).generate("Did it work?", { threadId: "bills" });
  const { messages } = model.requests[0] as ModelRequest;
  return { answer: text, told: messages.filter((message) => message.role === "tool") };
}

function paymentsIn(folder: string): number {
  const file = join(folder, "payments");
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split("\n").length : 0;
}
