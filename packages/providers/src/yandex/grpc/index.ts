// @beseda/providers/yandex/grpc: what the service offers over gRPC only. Needs @grpc/grpc-js and protobufjs.
export type { YandexConnection } from "../connection.ts";
