// @beseda/providers/yandex/grpc: what the service offers over gRPC only. Needs @grpc/grpc-js and protobufjs, and hyparquet to
// read the results of batches; they are loaded with the first call.
export type { YandexConnection } from "../connection.ts";
export { type BatchTask, type BatchTaskStatus, type YandexBatchTasks, yandexBatchTasks } from "./batch-task.ts";
export { type YandexBatchesOptions, yandexBatches } from "./batches.ts";
export { closeGrpc } from "./channel.ts";
export { type DatasetTaskType, datasetTaskTypes } from "./check-rows.ts";
export type { Dataset, DatasetRowError, DatasetStatus } from "./dataset.ts";
export { type DatasetProblem, type DatasetRows, datasetProblems } from "./dataset-rows.ts";
export { type DatasetChanges, type DatasetSchema, type YandexDatasets, yandexDatasets } from "./datasets.ts";
export type { DownloadOptions } from "./download-dataset.ts";
export { type MessageJson, type YandexGrpcOperations, yandexGrpcOperations } from "./operations.ts";
export { yandexProtos } from "./protos/index.ts";
export {
  type DatasetFilter,
  InvalidDatasetError,
  NameTakenError,
  type NewDataset,
  type PutOptions,
  type PutProgress,
} from "./put-dataset.ts";
export { type Tuning, type TuningError, type TuningStatus, type YandexTuning, yandexTuning } from "./tuning.ts";
export type { TuningOptions, YandexTuningParams, YandexTuningRequest } from "./tuning-request.ts";
export type { DatasetVerdict, ValidateOptions, ValidationProgress } from "./validate-dataset.ts";
