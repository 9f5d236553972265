// Ends a visit with its reply.
import { BesedaError } from "../errors.ts";
import type { Visit } from "./guard.ts";

export type Rest<Event> = Pick<Required<AsyncIterableIterator<Event[]>>, "next" | "return">;

/** The first result, and where the others come from. */
export type Opened<Event> = { first: IteratorResult<Event[]>; rest: Rest<Event> };

/** Ends the visit with the reply, however that ends: also when it is aborted and nobody asks it again. */
export function guarded<Event>(
  { first, rest }: Opened<Event>,
  visit: Visit,
  callers: AbortSignal | undefined,
): Rest<Event> {
  let isOver = false;
  const end = () => {
    if (!isOver) visit.end();
    isOver = true;
    callers?.removeEventListener("abort", end);
  };
  if (first.done || callers?.aborted) end();
  else callers?.addEventListener("abort", end);
  return {
    async next() {
      try {
        const result = await rest.next();
        if (result.done) end();
        return result;
      } catch (error) {
        end();
        throw error instanceof BesedaError ? visit.failed(error).error : error;
      }
    },
    return() {
      end();
      return rest.return();
    },
  };
}
