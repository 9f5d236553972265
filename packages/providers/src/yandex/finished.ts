// What the end of a reply says beside the reply: what it cost, and by which id the service's support can find it.
import type { ModelEvent } from "@beseda/core";
import { textCost } from "./prices/cost.ts";
import type { YandexPrices } from "./prices/prices.ts";

type FinishEvent = Extract<ModelEvent, { type: "finish" }>;

export type Billing = { prices: YandexPrices | false; modelUri: string; mode: "sync" | "async" | "batch" };

export function finished(finish: FinishEvent, billing: Billing, requestId: string | undefined): FinishEvent {
  const { usage, response } = finish;
  const cost = usage && textCost({ ...billing, usage });
  return {
    ...finish,
    ...(usage && { usage: cost ? { ...usage, cost } : usage }),
    ...((response || requestId) && { response: { ...(requestId && { requestId }), ...response } }),
  };
}
