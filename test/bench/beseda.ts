// Ours, as its users write it.
import { Agent, tool } from "@beseda/core";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import type { Contestant } from "./contestant.ts";

export function contestant(baseURL: string): Contestant {
  return {
    async answer(model, onText) {
      const agent = new Agent({ model: openaiCompatible({ baseURL, apiKey: "key", model }) });
      return textOf(agent, "Go on.", onText);
    },
    async runAgent(model) {
      const { lookup } = await import("./lookup-tool.ts");
      const { name, description, execute } = lookup;
      const agent = new Agent({
        name: "bench",
        instructions: "Be brief.",
        model: openaiCompatible({ baseURL, apiKey: "key", model }),
        tools: [tool({ name, description, inputSchema: lookup.makeSchema(), execute })],
        maxSteps: 20,
      });
      return textOf(agent, "Look it up.");
    },
  };
}

async function textOf(agent: Agent, prompt: string, onText?: () => void): Promise<string> {
  let text = "";
  for await (const piece of agent.stream(prompt).textStream) {
    text += piece;
    onText?.();
  }
  return text;
}
