// @beseda/providers/yandex/grpc: what the service offers over gRPC only. Needs @grpc/grpc-js and protobufjs, and hyparquet to
// read the results of batches; they are loaded with the first call.
export type { YandexConnection } from "../connection/connection.ts";
export { type BatchTask, type BatchTaskStatus, type YandexBatchTasks, yandexBatchTasks } from "./batches/batch-task.ts";
export { type YandexBatchesOptions, yandexBatches } from "./batches/batches.ts";
export { closeGrpc } from "./channel.ts";
export { type DatasetTaskType, datasetTaskTypes, type RowCheck, rowCheck } from "./datasets/check-rows.ts";
export type { Dataset, DatasetRowError, DatasetStatus } from "./datasets/dataset.ts";
export { type DatasetProblem, type DatasetRows, datasetProblems } from "./datasets/dataset-rows.ts";
export { type DatasetChanges, type DatasetSchema, type YandexDatasets, yandexDatasets } from "./datasets/datasets.ts";
export type { DownloadOptions } from "./datasets/download-dataset.ts";
export {
  type DatasetFilter,
  InvalidDatasetError,
  NameTakenError,
  type NewDataset,
  type PutOptions,
  type PutProgress,
} from "./datasets/put-dataset.ts";
export type { DatasetVerdict, ValidateOptions, ValidationProgress } from "./datasets/validate-dataset.ts";
export { type MessageJson, type YandexGrpcOperations, yandexGrpcOperations } from "./operations.ts";
export { yandexProtos } from "./protos/index.ts";
export { type Tuning, type TuningError, type TuningStatus, type YandexTuning, yandexTuning } from "./tuning/tuning.ts";
export type { TuningOptions, YandexTuningParams, YandexTuningRequest } from "./tuning/tuning-request.ts";
