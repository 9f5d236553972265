import { Agent, tool } from "@beseda/core";
import { createJobs, localEngine } from "@beseda/jobs";
import { offline } from "@beseda/providers/offline";

const refund = tool({
  name: "refund_order",
  description: "Refunds an order, by its number",
  inputSchema: {
    type: "object",
    properties: { orderNumber: { type: "string", description: "such as A-1042" } },
    required: ["orderNumber"],
  },
  examples: ["Refund my order A-1042"],
  effects: "external",
  execute: ({ orderNumber }: any) => `Order ${orderNumber} is refunded.`,
});
export const agent = new Agent({ name: "shop", model: offline(), tools: [refund] });
if (process.argv[2] === "run") {
  const jobs = createJobs({ agents: [agent], engine: localEngine("/tmp/h7/jobs"), work: process.argv[3] !== "no" });
  const op = await jobs.start(agent, process.argv[4] ?? "Hello there", { threadId: "ann" });
  console.log(op.id);
  if (process.argv[3] !== "no") await op.wait();
  await jobs.close();
}
