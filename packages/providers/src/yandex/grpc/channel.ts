// One gRPC channel for each connection: who asks goes along as metadata, and what fails is an error like everywhere else.
import { createHash } from "node:crypto";
import { BesedaError } from "@beseda/core";
import { retrying } from "@beseda/core/http";
import type { Client, Metadata, ServiceError } from "@grpc/grpc-js";
import type { Type } from "protobufjs";
import type { YandexConnection } from "../connection/connection.ts";
import { stoppable } from "../connection/connection-guard.ts";
import { codes, grpcError, ownError, wasNeverSent } from "./grpc-error.ts";
import { type GrpcParts, loadGrpc } from "./load-grpc.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import type { PlainMessage } from "./plain-message.ts";

type GrpcCallOptions = { signal?: AbortSignal | undefined };

export type GrpcCall = GrpcCallOptions & {
  /** Such as `yandex.cloud.ai.dataset.v1.DatasetService/Create`. */
  method: string;
  request: PlainMessage;
  /**
   * Reads are sent again after any failure that may pass. Writes only where the service has surely not accepted them:
   * it could not be reached, or refused for a quota.
   */
  kind: "read" | "write";
  /** By which the service may know a write that it already had. Any text: its digest is sent. */
  key?: string | undefined;
};

export interface GrpcChannel {
  /** Names of fields are in camelCase; timestamps are `Timestamp`, integers numbers, enums their names. */
  call<Reply>(call: GrpcCall): Promise<Reply>;
  /** Nothing new goes over it; what is under way goes on. With the next call another is opened. */
  close(): void;
}

const channels = new WeakMap<YandexConnection, GrpcChannel>();

/** The channel of a connection, always the same one. It is opened with the first call, and keeps no process alive. */
export function grpcChannel(connection: YandexConnection): GrpcChannel {
  const channel = channels.get(connection) ?? makeChannel(connection);
  channels.set(connection, channel);
  return channel;
}

/**
 * Closes the gRPC channel when what is under way over it has ended; the signals of those calls end them sooner. Nothing needs
 * it to be closed: an idle channel keeps no process alive.
 */
export function closeGrpc(connection: YandexConnection): void {
  channels.get(connection)?.close();
}

/** Each attempt. Nothing of this service takes long: what does is an operation. */
const deadlineMs = 60_000;
const largestMessage = 32 * 1024 * 1024;

function makeChannel(connection: YandexConnection): GrpcChannel {
  const { endpoints, retry, headers, credentials } = connection;
  const origin = endpoints.grpc;
  let client: Client | undefined;
  return {
    async call<Reply>({ method, request, kind, key, signal }: GrpcCall): Promise<Reply> {
      signal?.throwIfAborted();
      const parts = await loadGrpc();
      const rpc = methodOf(parts, method);
      const message = encodeMessage(rpc.requestType, request);
      client ??= openClient(parts, connection);
      const opened = client;
      const isWrite = kind === "write";
      const own = {
        ...headers,
        "x-client-request-id": crypto.randomUUID(),
        ...(isWrite && { "idempotency-key": key === undefined ? crypto.randomUUID() : digestOf(key) }),
      };
      let authorization = "";
      let isRenewed = false;
      const attempt = async () => {
        authorization = await stoppable(credentials.authorization(signal), signal);
        const metadata = metadataOf(parts, { ...own, authorization });
        const reply = await unary({ client: opened, parts, path: rpc.path, message, metadata, signal, origin });
        return decodeMessage(rpc.responseType, reply) as Reply;
      };
      const failed = (error: BesedaError) => {
        const status = statusOf(error);
        if (status === codes.unauthenticated && !isRenewed && credentials.refused(authorization)) {
          isRenewed = true;
          return { error, again: "now" as const };
        }
        if (mayRepeat(error, isWrite)) return { error };
        return { error: isWrite && isUnsure(error) ? unsure(error) : error, again: "never" as const };
      };
      const visit = { admit: () => ({}), failed, end() {} };
      return retrying(attempt, { url: origin, headers, retry, visit, signal: () => signal });
    },
    close() {
      client?.close();
      client = undefined;
    },
  };
}

/** A key may be of any length, and have what no header can have. */
function digestOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}

function openClient({ grpc }: GrpcParts, { endpoints, rootCertificates }: YandexConnection): Client {
  const { protocol, hostname, port } = new URL(endpoints.grpc);
  const roots = rootCertificates === undefined ? null : Buffer.from(rootCertificates);
  const isSecure = protocol === "https:";
  const credentials = isSecure ? grpc.credentials.createSsl(roots) : grpc.credentials.createInsecure();
  return new grpc.Client(`${hostname}:${port || (isSecure ? 443 : 80)}`, credentials, {
    "grpc.primary_user_agent": "beseda",
    "grpc.service_config_disable_resolution": 1,
    "grpc.max_receive_message_length": largestMessage,
  });
}

type Method = { path: string; requestType: Type; responseType: Type };

function methodOf({ root }: GrpcParts, name: string): Method {
  const [service = "", method = ""] = name.split("/");
  const { resolvedRequestType, resolvedResponseType } = root.lookupService(service).methods[method] ?? {};
  if (resolvedRequestType && resolvedResponseType) {
    return { path: `/${name}`, requestType: resolvedRequestType, responseType: resolvedResponseType };
  }
  throw new BesedaError(`There is no method ${name}.`, { code: "internal" });
}

function metadataOf({ grpc }: GrpcParts, headers: Readonly<Record<string, string>>): Metadata {
  const metadata = new grpc.Metadata();
  try {
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  } catch {
    throw new BesedaError("The credentials hold a character that a header cannot have.", {
      code: "invalid-argument",
      hint: "Often it is a letter that slipped into the key.",
      // Without the cause: it repeats the key.
    });
  }
  return metadata;
}

type Unary = {
  client: Client;
  parts: GrpcParts;
  path: string;
  message: Buffer;
  metadata: Metadata;
  signal: AbortSignal | undefined;
  origin: string;
};

function unary({ client, path, message, metadata, signal, origin }: Unary): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const asIs = (bytes: Buffer) => bytes;
    const deadline = Date.now() + deadlineMs;
    let first: Metadata | undefined;
    const call = client.makeUnaryRequest(path, asIs, asIs, message, metadata, { deadline }, (error, reply) => {
      signal?.removeEventListener("abort", onAbort);
      if (signal?.aborted) reject(signal.reason);
      else if (error) reject(told(error, { origin, metadata, first }));
      else resolve(reply ?? Buffer.alloc(0));
    });
    call.on("metadata", (received) => {
      first = received;
    });
    const onAbort = () => call.cancel();
    signal?.addEventListener("abort", onAbort);
  });
}

/** The status that an error was made of, by which it is decided what to do about it. */
const statuses = new WeakMap<BesedaError, { code: number; wasSent: boolean }>();

function told(error: ServiceError, about: { origin: string; metadata: Metadata; first: Metadata | undefined }) {
  const { origin, metadata, first } = about;
  const status = { code: error.code, message: withoutSecret(error.details, metadata) };
  const idOf = (name: string) => valueIn(error.metadata, name) ?? valueIn(first, name);
  const own = ownError(status, origin);
  const ids = { requestId: idOf("x-request-id") ?? idOf("x-server-trace-id"), traceId: idOf("x-server-trace-id") };
  const made = own ?? grpcError(status, origin, ids);
  statuses.set(made, { code: error.code, wasSent: own === undefined || !wasNeverSent(status) });
  return made;
}

function statusOf(error: BesedaError): number | undefined {
  return statuses.get(error)?.code;
}

function mayRepeat(error: BesedaError, isWrite: boolean): boolean {
  const status = statuses.get(error);
  if (!status || !error.isRetryable) return false;
  return !isWrite || !status.wasSent || status.code === codes.resourceExhausted;
}

function isUnsure(error: BesedaError): boolean {
  const status = statuses.get(error);
  return error.isRetryable && status?.wasSent === true && status.code !== codes.resourceExhausted;
}

function unsure(error: BesedaError): BesedaError {
  const hint =
    "It is not known whether the service has accepted it: it was not sent again by itself. Look at the list before you call again.";
  return error.with({ hint, isRetryable: false });
}

function valueIn(metadata: Metadata | undefined, name: string): string | undefined {
  return metadata?.get(name)[0]?.toString();
}

function withoutSecret(text: string, metadata: Metadata): string {
  const secret = String(metadata.get("authorization")[0] ?? "").replace(/^\S+\s+/, "");
  return secret.length < 4 ? text : text.replaceAll(secret, "***");
}
