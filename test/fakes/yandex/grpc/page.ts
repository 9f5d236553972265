// Lists by pages: the token of the next one is opaque to clients, and good for this list only.
import { Refusal } from "../fake-service.ts";
import type { Json } from "./proto-json.ts";

/** `pageSize` 100 where none is asked for. */
export function pageOf<Item>(
  all: readonly Item[],
  { pageSize, pageToken }: Json,
): { items: readonly Item[]; nextPageToken: string } {
  const size = Number(pageSize ?? 0) || 100;
  const start = startOf(pageToken);
  if (size < 0 || size > 1_000) throw new Refusal(3, "page_size must be in the range 0-1000");
  const end = start + size;
  const isLast = end >= all.length;
  return {
    items: all.slice(start, end),
    nextPageToken: isLast ? "" : Buffer.from(`from-${end}`).toString("base64url"),
  };
}

function startOf(pageToken: unknown): number {
  if (pageToken === undefined || pageToken === "") return 0;
  const [, start] = /^from-(\d+)$/.exec(Buffer.from(String(pageToken), "base64url").toString()) ?? [];
  if (start === undefined) throw new Refusal(3, "page_token is invalid");
  return Number(start);
}
