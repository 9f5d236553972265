// Tools: side by side in one step, with progress, a time limit, and a failure that the model reads and explains.
import { Agent, tool } from "@beseda/core";
import { offline } from "@beseda/providers/offline";
import { calculator } from "@beseda/tools";
import { z } from "zod";

const order = tool({
  name: "order_status",
  description: "Looks up where an order is, by its number",
  inputSchema: z.object({ orderNumber: z.string().describe("such as A-1042") }),
  examples: ["Where is my order A-1042?", "Где мой заказ A-1042?"],
  effects: "read",
  timeout: 5_000,
  execute: async ({ orderNumber }, { progress, signal }) => {
    progress("asking the warehouse");
    signal.throwIfAborted();
    if (orderNumber !== "A-1042") throw new Error(`There is no order ${orderNumber}; numbers look like A-1042.`);
    return { orderNumber, status: "on its way", arrives: "2026-12-01" };
  },
});

const agent = new Agent({
  name: "shop",
  instructions: "You help the customers of a small shop.",
  model: offline(),
  tools: [order, calculator()],
  maxSteps: 5,
  stopWhen: (steps) => steps.some(({ toolResults }) => toolResults.length > 20),
});
// Watchers hear every part after the fact: for logs, traces, counters.
let tokens = 0;
agent.on("finish", ({ totalUsage }) => {
  tokens += totalUsage.totalTokens;
});
process.on("exit", () => console.log(`${tokens} tokens in all`));

for (const question of ["Where is my order A-1042, and what is 3 * 199?", "Где мой заказ B-7?"]) {
  console.log(`> ${question}`);
  for await (const part of agent.stream(question).fullStream) {
    if (part.type === "tool-call") console.log(`  ${part.toolName} ${JSON.stringify(part.input)}`);
    if (part.type === "tool-progress") console.log(`  … ${part.progress}`);
    if (part.type === "tool-result") console.log(`  = ${JSON.stringify(part.output)}`);
    if (part.type === "tool-error") console.log(`  ! ${part.error}`);
    if (part.type === "text-delta") process.stdout.write(part.text);
    if (part.type === "text-end") console.log();
  }
}
