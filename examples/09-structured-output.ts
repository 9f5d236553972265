// An answer as an object: validated, typed, and readable while it is being written; on any model, with tools too.
import { Agent } from "@beseda/core";
import { offline } from "@beseda/providers/offline";
import { z } from "zod";

const order = z.object({
  city: z.string().describe("the city to deliver to"),
  quantity: z.number().int().describe("how many"),
  date: z.iso.date().optional().describe("the day of the delivery"),
});

// A model that can be held to a schema is; another one gets a final-answer tool, or the schema in its instructions.
const agent = new Agent({ model: offline(), output: order, instructions: "Take down the order." });

const run = agent.stream("Deliver 3 samovars to Kazan");
for await (const partial of run.partialOutputStream) console.log("so far:", JSON.stringify(partial));
const { output } = await run.result;
console.log(`${output?.quantity} to ${output?.city}`);

const { output: second } = await agent.generate("Привезите 12 чашек в Тверь");
console.log(`${second?.quantity} в ${second?.city}`);
