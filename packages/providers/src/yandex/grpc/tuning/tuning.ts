// Models taught from datasets: begun, asked after, and used at once when they are done.
import { createHash } from "node:crypto";
import {
  BesedaError,
  type JsonValue,
  type Operation,
  type OperationCallOptions,
  type TunedModel,
  type Tuner,
  type TuningRequest,
} from "@beseda/core";
import type { YandexConnection, YandexSettings } from "../../connection/connection.ts";
import { connectionOf } from "../../connection/connection-of.ts";
import { grpcChannel } from "../channel.ts";
import { folderOf } from "../datasets/dataset.ts";
import { oneAtATime } from "../one-at-a-time.ts";
import { askOperation, fromOperation, type MessageJson, type WireOperation } from "../operations.ts";
import { fromTimestamp, type PlainMessage, type Timestamp } from "../plain-message.ts";
import {
  fromTuningOptions,
  type TuningOptions,
  toTuningRequest,
  type WireOptions,
  type YandexTuningRequest,
} from "./tuning-request.ts";

export type TuningStatus =
  | "STATUS_UNSPECIFIED"
  | "CREATED"
  | "PENDING"
  | "IN_PROGRESS"
  | "COMPLETED"
  | "FAILED"
  | "CANCELED"
  | "DRAFT"
  | "ARCHIVED"
  | "PAID";

export type Tuning = {
  id: string;
  name: string;
  description: string;
  status: TuningStatus;
  /** In the words of the service, which leaves the folder out. */
  sourceModel: string;
  /** There when it is completed: can be used wherever the name of a model is asked for. */
  modelId?: string | undefined;
  createdAt?: string | undefined;
  startedAt?: string | undefined;
  finishedAt?: string | undefined;
  createdBy?: string | undefined;
  labels: Readonly<Record<string, string>>;
};

export type TuningError = { message: string; type: "TYPE_UNSPECIFIED" | "PUBLIC" | "INTERNAL" };

/**
 * Tunes models of Yandex: `yandexgpt-lite` for generation and classification, `text-embeddings`. It takes hours; the service
 * allows 3 an hour and 10 a day. Metadata of an operation are `taskId`, `status`, `totalSteps` and `currentStep`, while the
 * service tells them.
 */
export interface YandexTuning extends Tuner {
  /**
   * With a `key`, a tuning that was begun with it before is found again, in place of a second one. One process at a time may
   * use a key: two that submit at once begin two.
   * @throws BesedaError `invalid-argument` where that was begun from another request
   */
  submit(request: YandexTuningRequest, options?: Parameters<Tuner["submit"]>[1]): Promise<Operation<TunedModel>>;
  describe(id: string, options?: OperationCallOptions): Promise<Tuning>;
  /** Page after page, as far as it is read. */
  list(options?: OperationCallOptions & { status?: TuningStatus | undefined }): AsyncIterable<Tuning>;
  /** Where an archive for TensorBoard can be loaded from; undefined until there is one. */
  metricsUrl(id: string, options?: OperationCallOptions): Promise<string | undefined>;
  errors(id: string, options?: OperationCallOptions): Promise<TuningError[]>;
  /** What it was begun with. */
  options(id: string, options?: OperationCallOptions): Promise<TuningOptions>;
  archive(id: string, options?: OperationCallOptions): Promise<void>;
}

/** In the labels of a tuning, by which a `submit` of the same key finds it again, and sees whether it asked for the same. */
const keyLabel = "beseda-key";
const requestLabel = "beseda-request";

export function yandexTuning(
  options: YandexSettings & { connection?: YandexConnection | undefined } = {},
): YandexTuning {
  const connection = connectionOf(options);

  async function poll(id: string, { signal }: OperationCallOptions = {}): Promise<Operation<TunedModel>> {
    try {
      return fromTuningOperation(await askOperation(connection, "Get", id, signal));
    } catch (error) {
      // After about two weeks there is no operation any more. Its id is that of the task, which stays.
      if (!(error instanceof BesedaError) || error.code !== "not-found") throw error;
      return fromTuning(connection, await describeTuning(connection, id, signal), signal);
    }
  }

  return {
    provider: "yandex",
    async submit(request, { key, signal } = {}) {
      let message = toTuningRequest(request as TuningRequest, connection.folderId);
      const tune = async () => {
        const wire = await callTuning<WireOperation>(connection, "Tune", message, { kind: "write", key, signal });
        return fromTuningOperation(await fromOperation(wire));
      };
      if (key === undefined) return tune();
      const marks = { [keyLabel]: digestOf(key), [requestLabel]: digestOf(JSON.stringify(message)) };
      return oneAtATime(`tuning ${connection.folderId} ${marks[keyLabel]}`, signal, async () => {
        const begun = await begunTuning(connection, marks, signal);
        if (begun) return poll(begun.id, { signal });
        message = { ...message, labels: { ...request.labels, ...marks } };
        return tune();
      });
    },
    poll,
    async cancel(id, { signal } = {}) {
      const operation = await poll(id, { signal });
      if (operation.done) return operation;
      await callTuning(connection, "Cancel", { tuningTaskId: id }, { kind: "write", signal });
      return poll(id, { signal });
    },
    describe: (id, { signal } = {}) => describeTuning(connection, id, signal),
    list: ({ status, signal } = {}) => listTunings(connection, status, signal),
    async metricsUrl(taskId, { signal } = {}) {
      try {
        const reply = await callTuning<{ loadUrl: string }>(connection, "GetMetricsUrl", { taskId }, { signal });
        return reply.loadUrl || undefined;
      } catch (error) {
        if (error instanceof BesedaError && error.code === "not-found") return undefined;
        throw error;
      }
    },
    errors: (id, { signal } = {}) => tuningErrors(connection, id, signal),
    async options(taskId, { signal } = {}) {
      return fromTuningOptions(await callTuning<WireOptions>(connection, "GetOptions", { taskId }, { signal }));
    },
    async archive(tuningTaskId, { signal } = {}) {
      await callTuning(connection, "Archive", { tuningTaskId }, { kind: "write", signal });
    },
  };
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 32);
}

async function begunTuning(
  connection: YandexConnection,
  marks: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
) {
  for await (const tuning of listTunings(connection, undefined, signal)) {
    if (tuning.labels[keyLabel] !== marks[keyLabel]) continue;
    if (tuning.labels[requestLabel] === marks[requestLabel]) return tuning;
    throw new BesedaError(`The tuning ${tuning.id} was begun with the same key, but from another request.`, {
      code: "invalid-argument",
      hint: "Give a key of its own to what is taught from other datasets or with other parameters.",
    });
  }
  return undefined;
}

async function* listTunings(
  connection: YandexConnection,
  status: TuningStatus | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Tuning> {
  const filter = { folderId: folderOf(connection), pageSize: 100, ...(status && { status }) };
  for (let pageToken = ""; ; ) {
    const request = { ...filter, pageToken };
    const page: ListReply = await callTuning(connection, "List", request, { signal });
    for (const task of page.tuningTasks) yield toTuning(task);
    if (page.nextPageToken === "" || page.nextPageToken === pageToken) return;
    pageToken = page.nextPageToken;
  }
}

type ListReply = { tuningTasks: WireTuning[]; nextPageToken: string };

type WireTuning = {
  taskId: string;
  status: TuningStatus;
  createdBy: string;
  createdAt: Timestamp | null;
  startedAt: Timestamp | null;
  finishedAt: Timestamp | null;
  sourceModelUri: string;
  targetModelUri: string;
  name: string;
  description: string;
  labels: Record<string, string>;
};

async function describeTuning(connection: YandexConnection, id: string, signal: AbortSignal | undefined) {
  const request = { tuningTaskId: id };
  const { tuningTask } = await callTuning<{ tuningTask: WireTuning | null }>(connection, "Describe", request, {
    signal,
  });
  if (tuningTask) return toTuning(tuningTask);
  throw new BesedaError(`Yandex AI Studio answered without the tuning ${id}.`, {
    code: "bad-response",
    hint: "Check the endpoint grpc.",
  });
}

function toTuning(wire: WireTuning): Tuning {
  const { taskId: id, name, description, status, labels } = wire;
  return {
    id,
    name,
    description,
    status,
    sourceModel: wire.sourceModelUri,
    modelId: wire.targetModelUri || undefined,
    createdAt: fromTimestamp(wire.createdAt),
    startedAt: fromTimestamp(wire.startedAt),
    finishedAt: fromTimestamp(wire.finishedAt),
    createdBy: wire.createdBy || undefined,
    labels,
  };
}

async function tuningErrors(connection: YandexConnection, tuningTaskId: string, signal: AbortSignal | undefined) {
  const reply = await callTuning<{ tuningError: TuningError[] }>(
    connection,
    "ListErrors",
    { tuningTaskId },
    { signal },
  );
  return reply.tuningError.map(({ message, type }) => ({ message, type }));
}

function fromTuningOperation({ response, metadata, ...operation }: Operation<MessageJson>): Operation<TunedModel> {
  const { tuningTaskId: taskId, ...progress } = metadata ?? {};
  return {
    ...operation,
    ...(metadata && { metadata: { ...(taskId !== undefined && { taskId }), ...progress } }),
    ...(response && tunedModel(operation.id, response.targetModelUri)),
  };
}

function tunedModel(id: string, modelId: JsonValue | undefined): { response: TunedModel } | { error: BesedaError } {
  if (typeof modelId === "string" && modelId !== "") return { response: { modelId } };
  const hint = "Look it up with “beseda tune status”; tell the service's support if it stays so.";
  return { error: new BesedaError(`The tuning ${id} is done, but names no model.`, { code: "bad-response", hint }) };
}

/** What the operation would say, if it were still there. */
async function fromTuning(
  connection: YandexConnection,
  { id, status, modelId, createdAt, finishedAt }: Tuning,
  signal: AbortSignal | undefined,
): Promise<Operation<TunedModel>> {
  const operation = { id, createdAt, modifiedAt: finishedAt, metadata: { taskId: id, status } };
  if (modelId) return { ...operation, done: true, response: { modelId } };
  if (status === "COMPLETED") return { ...operation, done: true, ...tunedModel(id, modelId) };
  if (status !== "FAILED" && status !== "CANCELED" && status !== "ARCHIVED") return { ...operation, done: false };
  const errors = status === "FAILED" ? await tuningErrors(connection, id, signal) : [];
  const told = errors.map(({ message }) => message).join("; ");
  const error = new BesedaError(`The tuning ${id} is ${status}${told && `: ${told}`}.`, {
    code: status === "FAILED" ? "rejected" : "aborted",
    hint: "Look at its datasets and its params, and begin another one.",
  });
  return { ...operation, done: true, error };
}

function callTuning<Reply>(
  connection: YandexConnection,
  method: string,
  request: PlainMessage,
  more: { kind?: "read" | "write"; key?: string | undefined; signal?: AbortSignal | undefined },
): Promise<Reply> {
  const name = `yandex.cloud.ai.tuning.v1.TuningService/${method}`;
  return grpcChannel(connection).call<Reply>({ method: name, request, kind: "read", ...more });
}
