// Tuning: a model is taught from datasets.

/** The five of them are laid out alike; only those of embeddings have `embedding_dims`. */
const params = (name: string, more = "") => `
message ${name} {
  int64 seed = 1;
  double lr = 2;
  int64 n_samples = 3;
  string additional_arguments = 7;
  ${more}
  oneof tuning_type {
    TuningTypeLora lora = 100;
    TuningTypePromptTune prompt_tune = 101;
  }
  Scheduler scheduler = 200;
  Optimizer optimizer = 201;

  message Scheduler {
    oneof type {
      SchedulerLinear linear = 1;
      SchedulerConstant constant = 2;
      SchedulerCosine cosine = 3;
    }
    double warmup_ratio = 101;
  }
  message Optimizer {
    oneof type {
      OptimizerAdamw adamw = 1;
    }
  }
}
`;
const dimensions = "repeated int64 embedding_dims = 8;";

const oneOfTheParams = `
  oneof tuning_params {
    TextToTextCompletionTuningParams text_to_text_completion = 100;
    TextClassificationMultilabelParams text_classification_multilabel = 101;
    TextClassificationMulticlassParams text_classification_multiclass = 102;
    TextEmbeddingPairParams text_embedding_pair_params = 103;
    TextEmbeddingTripletParams text_embedding_triplet_params = 104;
  }
`;

export const tuningProto = `
syntax = "proto3";
package yandex.cloud.ai.tuning.v1;

service TuningService {
  rpc Tune (TuningRequest) returns (yandex.cloud.operation.Operation);
  rpc Describe (DescribeTuningRequest) returns (DescribeTuningResponse);
  rpc List (ListTuningsRequest) returns (ListTuningsResponse);
  rpc Cancel (CancelTuningRequest) returns (CancelTuningResponse);
  rpc GetMetricsUrl (GetMetricsUrlRequest) returns (GetMetricsUrlResponse);
  rpc GetOptions (GetOptionsRequest) returns (GetOptionsResponse);
  rpc ListErrors (ListErrorsRequest) returns (ListErrorsResponse);
  rpc Archive (ArchiveTuningRequest) returns (yandex.cloud.operation.Operation);
}

message TuningRequest {
  message WeightedDataset {
    string dataset_id = 1;
    double weight = 2;
  }
  string base_model_uri = 1;
  repeated WeightedDataset train_datasets = 2;
  repeated WeightedDataset validation_datasets = 3;
  WeightedDataset validation_dataset = 4;
  repeated WeightedDataset test_datasets = 5;
  ${oneOfTheParams}
  string name = 200;
  string description = 201;
  map<string, string> labels = 202;
}
message TuningMetadata {
  string tuning_task_id = 1;
  TuningTask.Status status = 2;
  int64 total_steps = 3;
  int64 current_step = 4;
}
message TuningResponse {
  string tuning_task_id = 3;
  TuningTask.Status status = 4;
  string target_model_uri = 5;
}
message TuningTask {
  enum Status {
    STATUS_UNSPECIFIED = 0;
    CREATED = 1;
    PENDING = 2;
    IN_PROGRESS = 3;
    COMPLETED = 4;
    FAILED = 5;
    CANCELED = 6;
    DRAFT = 7;
    ARCHIVED = 8;
    PAID = 9;
  }
  string task_id = 1;
  string operation_id = 3;
  Status status = 4;
  string folder_id = 5;
  string created_by = 6;
  google.protobuf.Timestamp created_at = 7;
  google.protobuf.Timestamp started_at = 8;
  google.protobuf.Timestamp finished_at = 9;
  string source_model_uri = 10;
  string target_model_uri = 11;
  string name = 12;
  string description = 13;
  map<string, string> labels = 14;
}

message TuningTypeLora {
  int64 rank = 1;
  double alpha = 2;
  string initialization = 3;
  string type = 4;
}
message TuningTypePromptTune {
  int64 virtual_tokens = 1;
}
message SchedulerLinear {
  double min_lr = 1;
}
message SchedulerConstant {}
message SchedulerCosine {
  double min_lr = 1;
}
message OptimizerAdamw {
  double beta1 = 1;
  double beta2 = 2;
  double eps = 3;
  double weight_decay = 4;
}
${params("TextToTextCompletionTuningParams")}
${params("TextClassificationMultilabelParams")}
${params("TextClassificationMulticlassParams")}
${params("TextEmbeddingPairParams", dimensions)}
${params("TextEmbeddingTripletParams", dimensions)}

message DescribeTuningRequest {
  string tuning_task_id = 1;
}
message DescribeTuningResponse {
  TuningTask tuning_task = 1;
}
message ListTuningsRequest {
  string folder_id = 1;
  int64 page_size = 2;
  string page_token = 3;
  TuningTask.Status status = 4;
}
message ListTuningsResponse {
  repeated TuningTask tuning_tasks = 1;
  string next_page_token = 2;
}
message CancelTuningRequest {
  string tuning_task_id = 1;
}
message CancelTuningResponse {
  string tuning_task_id = 1;
}
message GetMetricsUrlRequest {
  string task_id = 1;
}
message GetMetricsUrlResponse {
  string load_url = 1;
}
message GetOptionsRequest {
  string task_id = 1;
}
message GetOptionsResponse {
  string task_id = 1;
  string base_model_uri = 2;
  repeated TuningRequest.WeightedDataset train_datasets = 3;
  repeated TuningRequest.WeightedDataset validation_datasets = 4;
  ${oneOfTheParams}
}
message TuningError {
  enum Type {
    TYPE_UNSPECIFIED = 0;
    PUBLIC = 1;
    INTERNAL = 2;
  }
  string tuning_task_id = 1;
  string message = 2;
  Type type = 3;
}
message ListErrorsRequest {
  string tuning_task_id = 1;
}
message ListErrorsResponse {
  repeated TuningError tuning_error = 1;
}
message ArchiveTuningRequest {
  string tuning_task_id = 1;
}
`;
