// Lists as the API pages them: a cursor is the id of the last one that was seen.
import { Refusal } from "./refusal.ts";

export type PageRules = { fields: readonly string[]; most: number; usual: number };

/** `items` in the order in which they are listed. @throws Refusal 400 for a query that the endpoint does not know */
export function pageOf<Item extends { id: string }>(items: readonly Item[], query: URLSearchParams, rules: PageRules) {
  for (const name of query.keys()) {
    if (!["after", "limit", ...rules.fields].includes(name))
      throw new Refusal(400, `Unknown parameter: '${name}'.`, { param: name });
  }
  const limit = Number(query.get("limit") ?? rules.usual);
  if (!Number.isInteger(limit) || limit < 1 || limit > rules.most) {
    throw new Refusal(400, `Invalid 'limit': it must be from 1 to ${rules.most}.`, { param: "limit" });
  }
  const after = query.get("after");
  const from = after === null ? 0 : items.findIndex(({ id }) => id === after) + 1;
  if (after !== null && from === 0) throw new Refusal(404, `No such object: ${after}`, { param: "after" });
  const data = items.slice(from, from + limit);
  const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
  return { object: "list", data, ...ends, has_more: from + limit < items.length };
}
