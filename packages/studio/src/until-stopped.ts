// Ctrl-C, or the end that a supervisor asks for, as a signal that the work can listen to.
import { BesedaError } from "@beseda/core";

const signals = ["SIGINT", "SIGTERM"] as const;

/**
 * What the work gives. A second signal, of whichever kind, ends the process at once, also while `afterwards` takes its time.
 * @throws BesedaError `aborted` where it was stopped, with what `afterwards` has to say about what was begun
 */
export async function untilStopped<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  afterwards: () => string | Promise<string>,
): Promise<Result> {
  const stop = new AbortController();
  const unlisten = () => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  const onSignal = () => {
    unlisten();
    stop.abort(new BesedaError("Stopped.", { code: "aborted" }));
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work(stop.signal);
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
    throw new BesedaError("Stopped.", { code: "aborted", hint: await afterwards() });
  } finally {
    unlisten();
  }
}
