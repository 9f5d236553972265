// The tool of the agent scenario. Its calls are counted and checked, so that nobody can leave them out.
import { z } from "zod";

export const lookup = {
  name: "lookup",
  description: "Looks something up.",
  makeSchema: () => z.object({ query: z.string(), limit: z.number().int(), tags: z.array(z.string()) }),
  execute: ({ query, limit, tags }: { query: string; limit: number; tags: string[] }) =>
    `${tags.length * limit} results for ${query}`,
};
