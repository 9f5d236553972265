// Operations, as every service of Yandex Cloud has them. Fact sheet: proto yandex/cloud/operation.

export const operationProto = `
syntax = "proto3";
package yandex.cloud.operation;

service OperationService {
  rpc Get (GetOperationRequest) returns (Operation);
  rpc Cancel (CancelOperationRequest) returns (Operation);
}

message GetOperationRequest {
  string operation_id = 1;
}
message CancelOperationRequest {
  string operation_id = 1;
}
message Operation {
  string id = 1;
  string description = 2;
  google.protobuf.Timestamp created_at = 3;
  string created_by = 4;
  google.protobuf.Timestamp modified_at = 5;
  bool done = 6;
  google.protobuf.Any metadata = 7;
  oneof result {
    google.rpc.Status error = 8;
    google.protobuf.Any response = 9;
  }
}
`;

export const statusProto = `
syntax = "proto3";
package google.rpc;

message Status {
  int32 code = 1;
  string message = 2;
  repeated google.protobuf.Any details = 3;
}
`;
