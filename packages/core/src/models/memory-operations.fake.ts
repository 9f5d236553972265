// Operations in memory that do what a test tells them, and note what they were asked.
import { BesedaError } from "../errors.ts";
import type { Operation, Operations } from "../ports/operation.ts";

export type MemoryOperations<Request, Response> = Operations<Request, Response> & {
  /** `submit`, `poll op-1`, `cancel op-1` … */
  readonly asked: readonly string[];
  readonly keys: readonly (string | undefined)[];
};

/** What a poll answers: still at work, the outcome, or a failure of the poll itself. */
export type Poll<Response> = "unfinished" | { response: Response } | { error: BesedaError } | { fails: unknown };

/** The polls are answered in this order, and then with the last one for ever. `submitted` holds `submit` back. */
export function memoryOperations<Request, Response>(
  polls: readonly Poll<Response>[],
  { submitted = Promise.resolve() }: { submitted?: Promise<unknown> } = {},
): MemoryOperations<Request, Response> {
  const asked: string[] = [];
  const keys: (string | undefined)[] = [];
  let begun = 0;
  let polled = 0;
  return {
    asked,
    keys,
    async submit(_request, { key } = {}) {
      asked.push("submit");
      keys.push(key);
      await submitted;
      return { id: `op-${++begun}`, done: false };
    },
    async poll(id): Promise<Operation<Response>> {
      asked.push(`poll ${id}`);
      const poll = polls[Math.min(polled++, polls.length - 1)] ?? "unfinished";
      if (poll === "unfinished") return { id, done: false, metadata: { polls: polled } };
      if ("fails" in poll) throw poll.fails;
      return { id, done: true, ...poll };
    },
    async cancel(id) {
      asked.push(`cancel ${id}`);
      return { id, done: true, error: new BesedaError("cancelled", { code: "aborted" }) };
    },
  };
}
