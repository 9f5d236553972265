// @beseda/core/http: how adapters reach their services.
export { type ByteSource, type Decoder, EventReader } from "./event-reader.ts";
export { type RetriedRequest, replyEvents, requestJson, type StreamRequest, streamEvents } from "./event-stream.ts";
export type { Guard, Visit } from "./guard.ts";
export { maskSecrets } from "./mask-secrets.ts";
export type { Service } from "./pauses.ts";
export { type FilePost, postFile } from "./post-file.ts";
export { type JsonLinesSink, jsonLinesDecoder, parseEvent } from "./read-json-lines.ts";
export { type SseSink, sseDecoder } from "./read-sse.ts";
export {
  connectionError,
  cutOff,
  errorInBody,
  excerpt,
  type FailedReply,
  type ReplyHead,
  type ReplyHeaders,
  requestIdOf,
  retryAfterMs,
  statusError,
} from "./reply-error.ts";
export { type HttpRequest, type OpenReply, post, type RequestHeaders } from "./request.ts";
export { backOffMs, type RetriedCall, type RetryPolicy, retrying } from "./retry.ts";
export type { AddressRules } from "./safe-address.ts";
export { type SafeFetchOptions, type SafeResponse, safeFetch } from "./safe-fetch.ts";
export { type StoreReply, type StoreRequest, storeRequest } from "./store-request.ts";
export { download, type TransferOptions, type UploadSource, upload } from "./transfer.ts";
export { longestTimer, waited } from "./wait.ts";
