// Many calls, a few of them at a time.

/**
 * The results, in the order of the inputs. After a failure nothing more is begun and what is under way is stopped; an
 * aborted signal throws its reason.
 */
export async function inTurns<Input, Result>(
  inputs: readonly Input[],
  { concurrency, signal }: { concurrency: number; signal?: AbortSignal | undefined },
  call: (input: Input, stop: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  signal?.throwIfAborted();
  const failure = new AbortController();
  const stop = signal ? AbortSignal.any([signal, failure.signal]) : failure.signal;
  const results: Result[] = [];
  const waiting = inputs.entries();

  async function work(): Promise<void> {
    // All workers draw from the same iterator.
    for (const [index, input] of waiting) {
      stop.throwIfAborted();
      results[index] = await call(input, stop);
    }
  }

  const workers = Array.from({ length: Math.min(concurrency, inputs.length) }, work);
  try {
    await Promise.all(workers);
    return results;
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(workers);
    throw error;
  }
}
