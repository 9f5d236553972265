// Datasets: what tuning learns from, what batches are asked, and what they answered.

export const datasetProto = `
syntax = "proto3";
package yandex.cloud.ai.dataset.v1;

service DatasetService {
  rpc Create (CreateDatasetRequest) returns (CreateDatasetResponse);
  rpc Describe (DescribeDatasetRequest) returns (DescribeDatasetResponse);
  rpc Update (UpdateDatasetRequest) returns (UpdateDatasetResponse);
  rpc List (ListDatasetsRequest) returns (ListDatasetsResponse);
  rpc Delete (DeleteDatasetRequest) returns (DeleteDatasetResponse);
  rpc GetUploadDraftUrl (GetUploadDraftUrlRequest) returns (GetUploadDraftUrlResponse);
  rpc StartMultipartUploadDraft (StartMultipartUploadDraftRequest) returns (StartMultipartUploadDraftResponse);
  rpc FinishMultipartUploadDraft (FinishMultipartUploadDraftRequest) returns (FinishMultipartUploadDraftResponse);
  rpc Validate (ValidateDatasetRequest) returns (yandex.cloud.operation.Operation);
  rpc GetDownloadUrls (GetDownloadUrlsRequest) returns (GetDownloadUrlsResponse);
  rpc GetPreview (GetDatasetPreviewRequest) returns (GetDatasetPreviewResponse);
  rpc ListTypes (ListTypesRequest) returns (ListTypesResponse);
  rpc ListUploadSchemas (ListUploadSchemasRequest) returns (ListUploadSchemasResponse);
  rpc ListOperationsIds (ListOperationsIdsRequest) returns (ListOperationsIdsResponse);
}

message DatasetInfo {
  enum Status {
    STATUS_UNSPECIFIED = 0;
    DRAFT = 1;
    VALIDATING = 2;
    READY = 3;
    INVALID = 4;
    DELETING = 5;
  }
  string dataset_id = 1;
  string folder_id = 2;
  string name = 3;
  string description = 4;
  string metadata = 5;
  Status status = 6;
  string task_type = 7;
  google.protobuf.Timestamp created_at = 8;
  google.protobuf.Timestamp updated_at = 9;
  int64 rows = 10;
  int64 size_bytes = 11;
  map<string, string> labels = 13;
  string created_by = 14;
  string updated_by = 15;
  repeated ValidationError validation_error = 21;
  bool allow_data_log = 22;
}
message ValidationError {
  string error = 1;
  string error_description = 2;
  repeated int64 row_numbers = 3;
}

message CreateDatasetRequest {
  string name = 1;
  string folder_id = 2;
  string description = 3;
  string metadata = 4;
  string task_type = 5;
  map<string, string> labels = 6;
  string upload_format = 7;
  bool allow_data_log = 8;
}
message CreateDatasetResponse {
  string dataset_id = 1;
  DatasetInfo dataset = 2;
}
message DescribeDatasetRequest {
  string dataset_id = 1;
}
message DescribeDatasetResponse {
  DatasetInfo dataset = 1;
}
message UpdateDatasetRequest {
  string dataset_id = 1;
  google.protobuf.FieldMask update_mask = 2;
  string name = 3;
  string description = 4;
  map<string, string> labels = 5;
}
message UpdateDatasetResponse {
  DatasetInfo dataset = 1;
}
message ListDatasetsRequest {
  string folder_id = 1;
  repeated DatasetInfo.Status status = 2;
  string dataset_name_pattern = 3;
  repeated string task_type_filter = 4;
  int64 page_size = 5;
  string page_token = 6;
  repeated string dataset_ids = 7;
}
message ListDatasetsResponse {
  repeated DatasetInfo datasets = 1;
  string next_page_token = 2;
}
message DeleteDatasetRequest {
  string dataset_id = 1;
}
message DeleteDatasetResponse {}

message GetUploadDraftUrlRequest {
  string dataset_id = 1;
  int64 size_bytes = 2;
}
message GetUploadDraftUrlResponse {
  string dataset_id = 1;
  string upload_url = 2;
}
message StartMultipartUploadDraftRequest {
  string dataset_id = 1;
  int64 size_bytes = 2;
  int64 parts = 3;
}
message StartMultipartUploadDraftResponse {
  string dataset_id = 1;
  repeated string multipart_upload_urls = 2;
}
message UploadedPartInfo {
  int64 part_num = 1;
  string etag = 2;
}
message FinishMultipartUploadDraftRequest {
  string dataset_id = 1;
  repeated UploadedPartInfo uploaded_parts = 2;
}
message FinishMultipartUploadDraftResponse {
  string dataset_id = 1;
}

message ValidateDatasetRequest {
  string dataset_id = 1;
}
message ValidateDatasetMetadata {
  string dataset_id = 1;
  int64 valid_rows = 2;
  int64 processed_rows = 3;
  int64 total_rows = 4;
}
message ValidateDatasetResponse {
  string dataset_id = 1;
  bool is_valid = 2;
  repeated ValidationError errors = 3;
}

message GetDownloadUrlsRequest {
  string dataset_id = 1;
}
message DatasetFileDownloadUrl {
  string key = 1;
  string url = 2;
}
message GetDownloadUrlsResponse {
  string dataset_id = 1;
  repeated DatasetFileDownloadUrl download_urls = 2;
}
message GetDatasetPreviewRequest {
  string dataset_id = 1;
}
message GetDatasetPreviewResponse {
  string dataset_id = 1;
  repeated string preview_lines = 2;
}
message ListTypesRequest {
  string folder_id = 1;
}
message ListTypesResponse {
  repeated string types = 1;
}
message ListUploadSchemasRequest {
  string task_type = 1;
  string folder_id = 2;
}
message DatasetUploadSchema {
  string task_type = 1;
  string upload_format = 2;
  string schema = 3;
}
message ListUploadSchemasResponse {
  repeated DatasetUploadSchema schemas = 1;
}
message ListOperationsIdsRequest {
  repeated string dataset_id = 1;
}
message ListOperationsIdsResponse {
  map<string, string> dataset_id_to_operation_id = 1;
}
`;
