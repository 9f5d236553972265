// The capability of models whose service answers many requests at once, later, and at a lower price.
import type { BesedaError } from "../errors.ts";
import type { ModelEvent, ModelRequest } from "./language-model.ts";
import type { Operation, OperationCallOptions } from "./operation.ts";

export type BatchRequests = Iterable<ModelRequest> | AsyncIterable<ModelRequest>;

/** What is known of a batch that is done: how many requests were answered, and how many were not. */
export type BatchOutcome = { answered?: number | undefined; failed?: number | undefined };

/** `index` is the place of the request in the batch, from 0. The last of the events is a `finish`. */
export type BatchReply = { index: number } & (
  | { events: ModelEvent[]; error?: undefined }
  | { error: BesedaError; events?: undefined }
);

export interface ModelBatches {
  /**
   * Sends the requests as one batch; resolves when the service has taken it. With the same `key` and the same requests
   * again, such as after a crash in the middle, the batch that was begun is gone on with: nothing is billed twice.
   */
  start(requests: BatchRequests, options: OperationCallOptions & { key: string }): Promise<Operation<BatchOutcome>>;
  poll(id: string, options?: OperationCallOptions): Promise<Operation<BatchOutcome>>;
  cancel(id: string, options?: OperationCallOptions): Promise<Operation<BatchOutcome>>;
  /**
   * The replies of one that is done, in any order, one for each request: those that were not answered have an error.
   * The requests are given again, by which replies find their place where the service does not number them.
   */
  replies(id: string, requests: BatchRequests, options?: OperationCallOptions): AsyncIterable<BatchReply>;
}
