// Ours, as its users write it: the public API with its default settings. Plain JavaScript beside its own node_modules,
// so that a benchmark of several frameworks can take it as it is.
import { Agent, tool } from "@beseda/core";
import { openaiCompatible } from "@beseda/providers/openai-compatible";

export const info = {
  packages: ["@beseda/core", "@beseda/providers", "@beseda/memory", "zod"],
  how: "Agent.stream().textStream, Agent.generate() with streamed: false; tool() with zod; history: inMemory()",
};

export default async function create({ baseURL, apiKey }) {
  const modelOf = (model) => openaiCompatible({ baseURL, apiKey, model });
  return {
    async streamText({ model, prompt, onText }) {
      return { text: await textOf(new Agent({ model: modelOf(model) }).stream(prompt), onText) };
    },

    /** Only for the benchmark of this folder: the same by the stream of all parts. */
    async streamParts({ model, prompt, onText }) {
      const run = new Agent({ model: modelOf(model) }).stream(prompt);
      for await (const part of run.fullStream) if (part.type === "text-delta") onText?.(part.text);
      return { text: (await run.result).text };
    },

    async runAgent({ model, system, prompt, tools, maxSteps, stream, onText }) {
      const { z } = await import("zod");
      const agent = new Agent({
        instructions: system,
        model: modelOf(model),
        tools: tools.map(({ name, description, schema, execute }) =>
          tool({ name, description, inputSchema: schema(z), execute }),
        ),
        maxSteps,
        streamed: stream,
      });
      if (stream) return { text: await textOf(agent.stream(prompt), onText) };
      return { text: (await agent.generate(prompt)).text };
    },

    async conversation({ model, system, history }) {
      const { inMemory, wholeThread } = await import("@beseda/memory");
      // Without a window, as the other contestants send everything too.
      const memory = inMemory({ window: wholeThread });
      await memory.append("thread", history.map(toMessage));
      const agent = new Agent({ instructions: system, model: modelOf(model), memory });
      return {
        send: async (text, onText) => ({ text: await textOf(agent.stream(text, { threadId: "thread" }), onText) }),
      };
    },

    async close() {},
  };
}

function toMessage({ role, content }) {
  return role === "user" ? { role, content } : { role, content: [{ type: "text", text: content }] };
}

async function textOf(run, onText) {
  for await (const piece of run.textStream) onText?.(piece);
  return (await run.result).text;
}
