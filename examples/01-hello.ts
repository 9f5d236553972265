// A tool-using agent in twelve lines. No key, no network: the offline model chooses the tool by its description.
import { Agent, tool } from "@beseda/core";
import { offline } from "@beseda/providers/offline";
import { z } from "zod";

const weather = tool({
  name: "weather",
  description: "Tells the weather in a city",
  inputSchema: z.object({ city: z.string() }),
  execute: ({ city }) => ({ city, sky: "clear", degrees: 21 }),
});
const agent = new Agent({ model: offline(), tools: [weather] });
for await (const text of agent.stream("What is the weather in Tver?").textStream) process.stdout.write(text);
console.log();
