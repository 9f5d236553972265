// A visible chain of thought on any model: the thinking is streamed apart from the answer and never leaks into it.
import { Agent } from "@beseda/core";
import { offline } from "@beseda/providers/offline";
import { calculator } from "@beseda/tools";

const agent = new Agent({ model: offline(), tools: [calculator()], reasoning: "prompted" });
const run = agent.stream("How much is 17% of 2300?");
for await (const part of run.fullStream) {
  if (part.type === "reasoning-start") process.stdout.write("thinking: ");
  if (part.type === "text-start") process.stdout.write("answer: ");
  if (part.type === "reasoning-delta" || part.type === "text-delta") process.stdout.write(part.text);
  if (part.type === "reasoning-end" || part.type === "text-end") console.log();
}
const { text, reasoning } = await run.result;
console.log(`The result keeps them apart, too: ${text.length} characters of answer, ${reasoning.length} of thinking.`);
