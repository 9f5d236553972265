// What would be paid twice if it were begun twice: in one process it is begun by one after the other, who then finds it.
import { stoppable } from "../connection/connection-guard.ts";

const last = new Map<string, Promise<unknown>>();

/** Works when everybody before with the same key has ended, however it went. An aborted signal ends the waiting. */
export async function oneAtATime<Result>(
  key: string,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = last.get(key) ?? Promise.resolve();
  let leave = () => {};
  const own = new Promise<void>((resolve) => {
    leave = resolve;
  });
  // Whoever leaves while it waits still lets nobody pass the one before.
  const ended = Promise.all([before, own]);
  last.set(key, ended);
  try {
    await stoppable(before, signal);
    return await work();
  } finally {
    leave();
    void ended.then(() => {
      if (last.get(key) === ended) last.delete(key);
    });
  }
}
