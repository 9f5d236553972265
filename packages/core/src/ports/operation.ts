// Work that a service does in its own time: it is handed over, asked after by its id, and can be called off.
import type { BesedaError } from "../errors.ts";
import type { JsonValue } from "../message.ts";

/** Whoever has the id can ask after it, from any process. Of one that is done there is either `response` or `error`. */
export type Operation<Response> = {
  id: string;
  done: boolean;
  /** ISO 8601, where the service says. */
  createdAt?: string | undefined;
  modifiedAt?: string | undefined;
  /** How far it is, in the words of the service. */
  metadata?: Readonly<Record<string, JsonValue>> | undefined;
  response?: Response | undefined;
  error?: BesedaError | undefined;
};

export type OperationCallOptions = { signal?: AbortSignal | undefined };

export type SubmitOptions = OperationCallOptions & {
  /**
   * Tells this request from every other one. Keep it before the call and give it again after a crash: a service that
   * knows such keys then gives the same operation again in place of a second one.
   */
  key?: string | undefined;
  /**
   * Ends it as long as nothing is sent, such as while it waits for room; once it is, the id is waited for. For whoever would
   * call off what was begun.
   */
  untilSent?: AbortSignal | undefined;
};

/** Keep the id before the first `poll`: by it nothing is paid for twice, whatever happens to the process. */
export interface Operations<Request, Response> {
  submit(request: Request, options?: SubmitOptions): Promise<Operation<Response>>;
  /** @throws BesedaError `not-found` for one that the service does not know, or does not know any more. */
  poll(id: string, options?: OperationCallOptions): Promise<Operation<Response>>;
  /** Calls it off, where it still can be. One that is done stays as it is. */
  cancel(id: string, options?: OperationCallOptions): Promise<Operation<Response>>;
}
