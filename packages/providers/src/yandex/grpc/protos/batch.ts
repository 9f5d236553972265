// Batches of text generation: begun by one service, looked after by another.

export const textGenerationBatchProto = `
syntax = "proto3";
package yandex.cloud.ai.foundation_models.v1;

service TextGenerationBatchService {
  rpc Completion (BatchCompletionRequest) returns (yandex.cloud.operation.Operation);
}

message BatchCompletionRequest {
  string model_uri = 1;
  CompletionOptions completion_options = 2;
  string source_dataset_id = 3;
  oneof response_format {
    bool json_object = 4;
    JsonSchema json_schema = 5;
  }
}
message CompletionOptions {
  bool stream = 1;
  google.protobuf.DoubleValue temperature = 2;
  google.protobuf.Int64Value max_tokens = 3;
  ReasoningOptions reasoning_options = 4;
}
message ReasoningOptions {
  enum ReasoningMode {
    REASONING_MODE_UNSPECIFIED = 0;
    DISABLED = 1;
    ENABLED_HIDDEN = 2;
  }
  ReasoningMode mode = 1;
}
message JsonSchema {
  google.protobuf.Struct schema = 1;
}
enum BatchInferenceTaskStatus {
  BATCH_INFERENCE_TASK_STATUS_UNSPECIFIED = 0;
  CREATED = 1;
  PENDING = 2;
  IN_PROGRESS = 3;
  COMPLETED = 4;
  FAILED = 5;
  CANCELED = 6;
}
message BatchCompletionMetadata {
  string task_id = 1;
  BatchInferenceTaskStatus task_status = 2;
  int64 completed_batches = 3;
  int64 total_batches = 4;
}
message BatchCompletionResponse {
  string task_id = 1;
  BatchInferenceTaskStatus task_status = 2;
  string result_dataset_id = 3;
}
`;

export const batchInferenceProto = `
syntax = "proto3";
package yandex.cloud.ai.batch_inference.v1;

service BatchInferenceService {
  rpc Describe (DescribeBatchInferenceRequest) returns (DescribeBatchInferenceResponse);
  rpc List (ListBatchInferencesRequest) returns (ListBatchInferencesResponse);
  rpc Cancel (CancelBatchInferenceRequest) returns (CancelBatchInferenceResponse);
  rpc Delete (DeleteBatchInferenceRequest) returns (DeleteBatchInferenceResponse);
}

message BatchInferenceTask {
  enum Status {
    STATUS_UNSPECIFIED = 0;
    CREATED = 1;
    PENDING = 2;
    IN_PROGRESS = 3;
    COMPLETED = 4;
    FAILED = 5;
    CANCELED = 6;
  }
  string task_id = 1;
  string operation_id = 2;
  string folder_id = 3;
  string model_uri = 4;
  string source_dataset_id = 5;
  oneof request {
    BatchCompletionRequest completion_request = 6;
  }
  Status status = 7;
  string result_dataset_id = 8;
  map<string, string> labels = 9;
  string created_by = 10;
  google.protobuf.Timestamp created_at = 11;
  google.protobuf.Timestamp started_at = 12;
  google.protobuf.Timestamp finished_at = 13;
  BatchErrors errors = 14;
}
message BatchErrors {
  google.rpc.Status status = 1;
  repeated LineError line_errors = 2;
  repeated BatchError batch_errors = 3;
}
message LineError {
  int64 line_number = 1;
  string message = 2;
}
message BatchError {
  int64 batch_number = 1;
  int64 first_line = 2;
  int64 last_line = 3;
  string message = 4;
}
message BatchCompletionRequest {
  string model_uri = 1;
  string source_dataset_id = 2;
  CompletionOptions completion_options = 3;
  bool data_logging_enabled = 4;
  oneof structured_output {
    bool json_object = 5;
    JsonSchema json_schema = 6;
  }
}
message CompletionOptions {
  google.protobuf.DoubleValue temperature = 1;
  google.protobuf.Int64Value max_tokens = 2;
  ReasoningOptions reasoning_options = 3;
}
message ReasoningOptions {
  enum ReasoningMode {
    REASONING_MODE_UNSPECIFIED = 0;
    DISABLED = 1;
    ENABLED_HIDDEN = 2;
  }
  ReasoningMode mode = 1;
}
message JsonSchema {
  google.protobuf.Struct schema = 1;
}

message DescribeBatchInferenceRequest {
  string task_id = 1;
}
message DescribeBatchInferenceResponse {
  BatchInferenceTask task = 1;
}
message ListBatchInferencesRequest {
  string folder_id = 1;
  int64 page_size = 2;
  string page_token = 3;
}
message ListBatchInferencesResponse {
  repeated BatchInferenceTask tasks = 1;
  string next_page_token = 2;
}
message CancelBatchInferenceRequest {
  string task_id = 1;
}
message CancelBatchInferenceResponse {
  string task_id = 1;
}
message DeleteBatchInferenceRequest {
  string task_id = 1;
}
message DeleteBatchInferenceResponse {
  string task_id = 1;
}
`;
