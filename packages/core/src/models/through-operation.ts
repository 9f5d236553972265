// An operation from the asking to the response, called off where nobody waits for it any more.
import { BesedaError } from "../errors.ts";
import type { Operation, Operations, SubmitOptions } from "../ports/operation.ts";
import { checkPollMs, type WaitOptions, waitForOperation } from "./wait-for-operation.ts";

/**
 * Submits, asks after it until it is done, and gives the response. Where the signal is aborted, its reason is thrown at
 * once and the operation is cancelled, as it is where it cannot be asked after any more: nobody else has its id. `untilSent`
 * ends it only before it is submitted. `onProgress` is called with what `submit` gave, too: its id can be kept by then.
 * @throws BesedaError the operation's own error, and what `submit` and `waitForOperation` throw
 */
export async function throughOperation<Request, Response>(
  operations: Operations<Request, Response>,
  request: Request,
  { untilSent, ...options }: WaitOptions<Response> & Pick<SubmitOptions, "untilSent"> = {},
): Promise<Response> {
  const { signal, onProgress } = options;
  // Before anything is begun that costs money.
  checkPollMs(options.pollMs);
  signal?.throwIfAborted();
  // Not stopped half way: of an operation without an id nobody could say what became of it.
  const unsent = signal && untilSent ? AbortSignal.any([signal, untilSent]) : (signal ?? untilSent);
  const begun = operations.submit(request, { key: crypto.randomUUID(), untilSent: unsent });
  const left = whenAborted(signal);
  let isOver = false;
  const tell = (operation: Operation<Response>) => {
    isOver = operation.done;
    onProgress?.(operation);
  };
  try {
    const operation = await Promise.race([begun, left.aborted]);
    tell(operation);
    return await waitForOperation(operations, operation.id, { ...options, onProgress: tell });
  } catch (error) {
    const isLost = error instanceof BesedaError && error.code === "not-found";
    if (!isOver && !isLost) begun.then(({ id }) => operations.cancel(id)).catch(() => {});
    throw error;
  } finally {
    left.stop();
  }
}

function whenAborted(signal: AbortSignal | undefined): { aborted: Promise<never>; stop(): void } {
  let onAbort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
  return { aborted, stop: () => signal?.removeEventListener("abort", onAbort) };
}
