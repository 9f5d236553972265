// Asking after an operation until it is done.
import { BesedaError } from "../errors.ts";
import { waited } from "../http/wait.ts";
import type { Operation, Operations } from "../ports/operation.ts";

export type WaitOptions<Response> = {
  /** Ends the waiting; the operation goes on. */
  signal?: AbortSignal | undefined;
  /** How soon it is asked after again. Each wait is half as long again as the last, up to ten times the first. Milliseconds, default 1,000. */
  pollMs?: number | undefined;
  /** Called with each answer, the last one included. */
  onProgress?: ((operation: Operation<Response>) => void) | undefined;
};

/** So many failures in a row, each of them retried by the provider already. */
const mostFailures = 10;

/**
 * The response of an operation, once it is done. Failures that may pass are lived through.
 * @throws BesedaError `invalid-argument` for a `pollMs` that is no time; the operation's own error; `not-found` where the service has lost it; an aborted signal throws its reason.
 */
export async function waitForOperation<Response>(
  operations: Pick<Operations<never, Response>, "poll">,
  id: string,
  { signal, pollMs = 1_000, onProgress }: WaitOptions<Response> = {},
): Promise<Response> {
  checkPollMs(pollMs);
  let failures = 0;
  for (let waitMs = pollMs; ; waitMs = Math.min(waitMs * 1.5, pollMs * 10)) {
    signal?.throwIfAborted();
    const answer = await asked(operations.poll(id, { signal }));
    if ("operation" in answer) {
      failures = 0;
      onProgress?.(answer.operation);
      if (answer.operation.done) return responseOf(answer.operation);
      await waited(waitMs, signal);
    } else {
      signal?.throwIfAborted();
      if (!answer.error.isRetryable || ++failures >= mostFailures) throw answer.error;
      await waited(Math.max(waitMs, answer.error.retryAfterMs ?? 0), signal);
    }
  }
}

/** @throws BesedaError `invalid-argument`: without a pause in between the service would be asked all the time */
export function checkPollMs(pollMs: number | undefined): void {
  if (pollMs === undefined || (pollMs > 0 && Number.isFinite(pollMs))) return;
  throw new BesedaError(`An operation cannot be asked after every ${pollMs} milliseconds.`, {
    code: "invalid-argument",
    hint: "Give pollMs as a number above 0, or leave it out: then it is 1,000 at first.",
  });
}

type Answer<Response> = { operation: Operation<Response> } | { error: BesedaError };

async function asked<Response>(poll: Promise<Operation<Response>>): Promise<Answer<Response>> {
  try {
    return { operation: await poll };
  } catch (error) {
    if (error instanceof BesedaError) return { error };
    throw error;
  }
}

function responseOf<Response>({ id, response, error }: Operation<Response>): Response {
  if (error) throw error;
  if (response !== undefined) return response;
  throw new BesedaError(`The operation ${id} is done, but came without a response.`, {
    code: "bad-response",
    hint: "Ask the service's support, with the id of the operation.",
  });
}
