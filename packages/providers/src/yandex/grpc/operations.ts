// Operations of the gRPC services: asked after and called off by their id, whatever they are about.
import { BesedaError, type JsonValue, type Operation, type OperationCallOptions } from "@beseda/core";
import type { YandexConnection, YandexSettings } from "../connection/connection.ts";
import { connectionOf } from "../connection/connection-of.ts";
import { grpcChannel } from "./channel.ts";
import { grpcError } from "./grpc-error.ts";
import { loadGrpc } from "./load-grpc.ts";
import { unpack } from "./message.ts";
import { type AnyMessage, fromTimestamp, type Timestamp } from "./plain-message.ts";

/** A message of the service as JSON, its fields in camelCase, integers as numbers, enums by their names. */
export type MessageJson = Readonly<Record<string, JsonValue>>;

export type WireOperation = {
  id: string;
  createdAt: Timestamp | null;
  modifiedAt: Timestamp | null;
  done: boolean;
  metadata: AnyMessage | null;
  error: { code: number; message: string } | null;
  response: AnyMessage | null;
};

export interface YandexGrpcOperations {
  /** @throws BesedaError `not-found` for one that the service does not know, or does not know any more. */
  poll(id: string, options?: OperationCallOptions): Promise<Operation<MessageJson>>;
  cancel(id: string, options?: OperationCallOptions): Promise<Operation<MessageJson>>;
}

/** Operations of datasets, tuning and batches, as the service tells of them. */
export function yandexGrpcOperations(
  options: YandexSettings & { connection?: YandexConnection | undefined } = {},
): YandexGrpcOperations {
  const connection = connectionOf(options);
  return {
    poll: (id, { signal } = {}) => askOperation(connection, "Get", id, signal),
    cancel: (id, { signal } = {}) => askOperation(connection, "Cancel", id, signal),
  };
}

/** The operation with that id; `Cancel` calls it off before. */
export async function askOperation(
  connection: YandexConnection,
  verb: "Get" | "Cancel",
  operationId: string,
  signal?: AbortSignal,
): Promise<Operation<MessageJson>> {
  const method = `yandex.cloud.operation.OperationService/${verb}`;
  const kind = verb === "Get" ? "read" : "write";
  const wire = await grpcChannel(connection).call<WireOperation>({ method, request: { operationId }, kind, signal });
  return fromOperation(wire);
}

/** What a method that begins something, or `OperationService`, has answered. */
export async function fromOperation(wire: WireOperation): Promise<Operation<MessageJson>> {
  const { root } = await loadGrpc();
  const { id, done, createdAt, modifiedAt, error, response } = wire;
  if (id === "") {
    throw new BesedaError("Yandex AI Studio answered with an operation that has no id.", {
      code: "bad-response",
      hint: "Check the endpoint grpc.",
    });
  }
  return {
    id,
    done,
    createdAt: fromTimestamp(createdAt),
    modifiedAt: fromTimestamp(modifiedAt),
    metadata: unpack(root, wire.metadata),
    ...(done && error && { error: grpcError(error, `The operation ${id}`) }),
    ...(done && !error && { response: unpack(root, response) ?? {} }),
  };
}
