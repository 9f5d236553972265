// The tool of the agent scenarios. Its calls are counted, so that nobody can leave one out.
import type { BenchTool } from "./contestant.ts";

export function lookupTool({ sleepMs = 0 } = {}): BenchTool & { calls: number } {
  const lookup: BenchTool & { calls: number } = {
    name: "lookup",
    description: "Looks something up.",
    schema: (z) => z.object({ query: z.string().min(1), limit: z.number().int(), tags: z.array(z.string()) }),
    async execute(input) {
      const { query, limit, tags } = input as { query: string; limit: number; tags: string[] };
      lookup.calls += 1;
      if (sleepMs > 0) await new Promise((resolve) => setTimeout(resolve, sleepMs));
      return `${tags.length * limit} results for ${query}`;
    },
    calls: 0,
  };
  return lookup;
}
