// The messages of the services that are reached over gRPC only: those fields that are known of them, as texts, because
// what is bundled has no files beside it.
import { batchInferenceProto, textGenerationBatchProto } from "./batch.ts";
import { datasetProto } from "./dataset.ts";
import { operationProto, statusProto } from "./operation.ts";
import { tuningProto } from "./tuning.ts";

/**
 * proto3 without `import` lines: parse them all into one root, beside protobufjs' own copies of `google/protobuf` any,
 * field_mask, struct, timestamp and wrappers.
 */
export const yandexProtos: readonly string[] = [
  statusProto,
  operationProto,
  datasetProto,
  tuningProto,
  textGenerationBatchProto,
  batchInferenceProto,
];
