// The process that is killed inside a tool: pays, once, and says how far it is. `node --import tsx pay-child.ts <folder>`
import fs from "node:fs";
import { join } from "node:path";
import { Agent, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { fileMemory } from "@beseda/memory";

const [, , folder = ""] = process.argv;
const say = (line: string) => fs.writeSync(1, `${line}\n`);

const pay = tool({
  name: "pay",
  description: "Pays a bill.",
  inputSchema: { type: "object", properties: { bill: { type: "number" } }, required: ["bill"] },
  effects: "external",
  needsApproval: false,
  execute: async ({ bill }) => {
    say("inside");
    await new Promise((resolve) => setTimeout(resolve, 10));
    fs.appendFileSync(join(folder, "payments"), `${bill}\n`);
    say("paid");
    // Killed here at the latest.
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  },
});
const model = scriptedModel([{ text: "I pay it.", toolCalls: [{ toolName: "pay", input: { bill: 7 } }] }]);
await new Agent({ model, tools: [pay], memory: fileMemory(join(folder, "memory")) }).generate("Pay bill 7.", {
  threadId: "bills",
});
