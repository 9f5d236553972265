// Agents together: one asks another as a tool, one hands the conversation to another, and one is told more while it works.
import { Agent, tool } from "@beseda/core";
import { inMemory } from "@beseda/memory";
import { offline } from "@beseda/providers/offline";
import { calculator, clock } from "@beseda/tools";
import { z } from "zod";

const accountant = new Agent({
  name: "accountant",
  description: "Calculates: sums, percentages, how much is something",
  model: offline(),
  tools: [calculator()],
});

// As a tool: it gets a task, works in its own steps, and its answer is the tool's result.
const secretary = new Agent({
  name: "secretary",
  model: offline(),
  tools: [accountant.asTool(), clock()],
  maxSteps: 6,
});
for await (const part of secretary.stream("Ask the accountant: how much is 17% of 2300?").fullStream) {
  const who = part.parentCallId ? "  accountant" : "secretary";
  if (part.type === "tool-call") console.log(`${who} calls ${part.toolName} ${JSON.stringify(part.input)}`);
  if (part.type === "finish") console.log(`${who} is done, ${part.totalUsage.totalTokens} tokens`);
}

// Told more while it works: it is seen at the next step, and there is one, though the run was about to end.
const run = accountant.stream("How much is 12 * 12?");
for await (const text of run.textStream) {
  if (text.includes("144")) run.steer("And how much is 13 * 13?");
  process.stdout.write(text);
}
console.log();

// A hand-off: from then on the other agent has the thread, in later runs too, until it hands it back.
const front: Agent = new Agent({ name: "front", model: offline(), memory: inMemory(), handOffs: () => [repairs] });
const repairs: Agent = new Agent({
  name: "repairs",
  description: "For everything that is broken and has to be repaired",
  model: offline(),
  tools: [
    tool({
      name: "book_repair",
      description: "Books a repair of a thing",
      inputSchema: z.object({ thing: z.string().describe("what is to be repaired") }),
      examples: ["Repair my kettle", "Почините мой чайник"],
      effects: "write",
      needsApproval: false,
      execute: ({ thing }) => `A master comes tomorrow to repair the ${thing}.`,
    }),
  ],
  handOffs: () => [front],
});
for (const text of ["My samovar is broken and has to be repaired", "Repair my samovar"]) {
  const { agentName, text: answer } = await front.generate(text, { threadId: "ann" });
  console.log(`${agentName}: ${answer}`);
}
