// Answers that come later: begun in one process, which is killed, and finished by the next; approvals and appointments.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, tool } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { offline } from "@beseda/providers/offline";
import { z } from "zod";

const [folder = await mkdtemp(join(tmpdir(), "beseda-operation-")), isFirst] = process.argv.slice(2);

const orderStatus = tool({
  name: "order_status",
  description: "Looks up the status of an order, by its number",
  inputSchema: z.object({ orderNumber: z.string().describe("such as A-1042") }),
  examples: ["Where is my order A-1042?", "Где мой заказ A-1042?"],
  // May run again after a crash, as it changes nothing. One that does not say so is never run twice.
  effects: "read",
  execute: async ({ orderNumber }, { signal }) => {
    // The warehouse of the first process does not answer, so that there is time to kill it.
    if (isFirst) {
      process.send?.("asking the warehouse");
      await once(signal, "abort");
    }
    return { orderNumber, status: "on its way" };
  },
});

const refund = tool({
  name: "refund_order",
  description: "Refunds an order, by its number",
  inputSchema: z.object({ orderNumber: z.string().describe("such as A-1042") }),
  examples: ["Refund my order A-1042", "Верни деньги за заказ A-1042"],
  effects: "external",
  execute: ({ orderNumber }) => `Order ${orderNumber} is refunded.`,
});

const agent = new Agent({ name: "shop", model: offline(), tools: [orderStatus, refund] });
/** From here on this process works on what is new, and on what others have left. */
const startWork = () => createJobs({ agents: [agent], engine: localEngine(folder) });

if (isFirst) {
  const jobs = startWork();
  // An id of your own, such as that of a message, makes it safe to begin it twice.
  await jobs.start(agent, "Where is my order A-1042?", { id: "message-1" });
  await jobs.work();
}

const first = fork(import.meta.filename, [folder, "first"]);
const [news] = await once(first, "message");
console.log(`the first process is ${news}, and is killed`);
first.kill("SIGKILL");
await once(first, "exit");

// This process takes up what the first one has left: what the model said there is not asked for again.
const jobs = startWork();
const operation = await jobs.attach("message-1");
console.log(`${operation.id}: done ${operation.done}`);
for await (const part of operation.events()) {
  if (part.type === "start") console.log("from the beginning:");
  if (part.type === "tool-call" || part.type === "tool-result") console.log(`  ${part.type} ${part.toolName}`);
}
console.log(`${operation.id}: ${(await operation.result()).text}`);

// One that needs an approval waits for it without a worker, for days if need be.
const asked = await jobs.start(agent, "Refund my order A-1042", { threadId: "ann" });
const { pending } = await asked.result();
console.log(`${asked.state} for ${pending.map(({ toolName, input }) => `${toolName} ${JSON.stringify(input)}`)}`);
await asked.resume(pending.map(({ callId }) => ({ callId, approved: true })));
console.log(`approved: ${(await asked.result()).text}`);

// "Remind me": not before its time, whatever is restarted until then. `every` would begin it again and again.
const reminder = await jobs.start(agent, "Where is my order A-1043?", { runAt: new Date(Date.now() + 300) });
console.log(`the reminder is ${reminder.state}`);
console.log(`reminded: ${(await reminder.result()).text}`);

for (const { id, state, metadata } of await jobs.list({ agentName: "shop", limit: 3 })) {
  console.log(`${id.slice(0, 9)}: ${state} ${metadata.threadId ?? ""}`);
}
await jobs.close();
