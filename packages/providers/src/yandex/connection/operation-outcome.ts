// What became of an operation that is done: its response, or why there is none.
import { BesedaError } from "@beseda/core";

export type Outcome<Response> = { response: Response } | { error: BesedaError };

/** A response that cannot be read is an error of the operation too: it will not be another one the next time. */
export function outcomeOf<Response>(
  id: string,
  failure: BesedaError | undefined,
  read: () => Response,
): Outcome<Response> {
  if (failure) return { error: named(id, failure) };
  try {
    return { response: read() };
  } catch (error) {
    if (error instanceof BesedaError) return { error: named(id, error.with({ isRetryable: false })) };
    throw error;
  }
}

/** The support finds what happened by the id of the operation as well. */
function named(id: string, error: BesedaError): BesedaError {
  return error.with({ requestId: error.requestId ?? id });
}
