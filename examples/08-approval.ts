// A person in the loop: a call that changes something waits for an approval, for days and across restarts if need be.
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, tool } from "@beseda/core";
import { fileMemory } from "@beseda/memory";
import { offline } from "@beseda/providers/offline";
import { z } from "zod";

const folder = await mkdtemp(join(tmpdir(), "beseda-approval-"));
const refund = tool({
  name: "refund_order",
  description: "Refunds an order, by its number",
  inputSchema: z.object({ orderNumber: z.string().describe("such as A-1042") }),
  examples: ["Refund my order A-1042", "Верни деньги за заказ A-1042"],
  // `write` and `external` effects need an approval unless `needsApproval` says otherwise; it can look at the arguments.
  effects: "external",
  needsApproval: ({ orderNumber }) => !orderNumber.startsWith("TEST"),
  execute: ({ orderNumber }) => `Order ${orderNumber} is refunded.`,
});

/** What a process of your bot does when it starts. */
function startBot() {
  const memory = fileMemory(folder);
  return { memory, agent: new Agent({ name: "shop", model: offline(), tools: [refund], memory }) };
}

const monday = startBot();
const asked = await monday.agent.generate("Refund my order A-1042", { threadId: "ann", userId: "ann" });
console.log(asked.finishReason, JSON.stringify(asked.pending.map(({ toolName, input }) => ({ toolName, input }))));
// The conversation is not blocked: whatever is said meanwhile is answered.
const meanwhile = await monday.agent.generate("Hello?", { threadId: "ann", userId: "ann" });
console.log(`meanwhile: ${meanwhile.text}`);
await monday.memory.close();

// Another process, another day. A button of your bot brings back runId and callId, or approvalId for readApprovalId().
const tuesday = startBot();
for (const { runId, callId } of await tuesday.agent.pending("ann")) {
  const done = await tuesday.agent.resume(runId, [{ callId, approved: true }], { userId: "ann" });
  console.log(`approved: ${done.text}`);
  const twice = await tuesday.agent.resume(runId, [{ callId, approved: true }]).catch((error) => error.message);
  console.log(`a second click: ${twice}`);
}
await tuesday.memory.close();
