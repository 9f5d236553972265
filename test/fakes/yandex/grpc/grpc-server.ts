// The door of the fake for gRPC: one port with TLS and one without, for all services; who may enter, and what is written down.
import type { IncomingHttpHeaders } from "node:http";
import { Metadata, Server, ServerCredentials, type ServerWritableStream, type ServiceDefinition } from "@grpc/grpc-js";
import { testAuthority, testServerCertificate } from "../certificates.ts";
import { checkCredentials } from "../credentials-check.ts";
import { type FakeState, type LedgerEntry, Refusal } from "../fake-service.ts";
import type { Method, Methods } from "./method-call.ts";
import { decode, encode, type Json } from "./proto-json.ts";
import { type ServiceMethod, serviceMethods } from "./service-methods.ts";

export type GrpcAddresses = {
  /** `localhost:<port>`, with TLS: for clients that are given `authority` as their root certificate. */
  secure: string;
  /** `127.0.0.1:<port>`, without TLS. */
  plain: string;
  /** The root certificate, PEM. */
  authority: string;
};

type Stream = ServerWritableStream<Buffer, Buffer>;

/** @returns where it is, and what closes it */
export async function startGrpcServer(state: FakeState, methods: Methods): Promise<GrpcAddresses & { close(): void }> {
  const server = new Server();
  for (const declared of serviceMethods.values()) {
    const handlers = declared.map((method) => [
      method.path,
      (stream: Stream) => void serve(state, method, methods[method.path.slice(1)], stream),
    ]);
    server.addService(definitionOf(declared), Object.fromEntries(handlers));
  }
  const { cert, key } = testServerCertificate;
  const tls = ServerCredentials.createSsl(null, [{ cert_chain: Buffer.from(cert), private_key: Buffer.from(key) }]);
  return {
    secure: `localhost:${await bind(server, tls)}`,
    plain: `127.0.0.1:${await bind(server, ServerCredentials.createInsecure())}`,
    authority: testAuthority,
    close: () => server.forceShutdown(),
  };
}

function bind(server: Server, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", credentials, (error, port) => (error ? reject(error) : resolve(port)));
  });
}

/**
 * Every method is declared as a stream of bytes: one message and the end of it look the same on the wire, and the bytes
 * are ours to be strict with.
 */
function definitionOf(methods: readonly ServiceMethod[]): ServiceDefinition {
  const bytes = (value: Buffer) => value;
  const entries = methods.map(({ path }) => [
    path,
    {
      path,
      requestStream: false,
      responseStream: true,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  ]);
  return Object.fromEntries(entries);
}

async function serve(state: FakeState, declared: ServiceMethod, method: Method | undefined, stream: Stream) {
  const { path } = declared;
  const headers = headersOf(stream.metadata);
  const { body, problem } = read(declared, stream.request);
  const at = performance.now();
  const entry: LedgerEntry = { method: "POST", path, headers, body, at, status: undefined, billed: false };
  state.ledger.push(entry);
  const gone = new AbortController();
  stream.on("cancelled", () => {
    entry.ended ??= "left";
    gone.abort();
  });
  stream.sendMetadata(answerMetadata(headers["x-client-request-id"]));
  let leave: (() => void) | undefined;
  try {
    const fault = state.faults.take("POST", path);
    const cut = fault && "cut" in fault ? fault.cut : undefined;
    if (cut === "request") throw new Cut();
    if (fault && "refuse" in fault) throw new Refusal(fault.refuse.code, fault.refuse.message);
    if (fault && "raw" in fault) throw new Refusal(14, `Received HTTP status code ${fault.raw.status}`);
    if (fault && "until" in fault) await fault.until;
    checkCredentials(headers, state.identities, "grpc");
    if (problem) throw problem;
    if (!method) throw new Refusal(12, `${path} is not implemented`);
    if (method.quota) leave = state.quotas.enter(method.quota);
    const answer = await method.answer(body, { headers, entry, gone: gone.signal });
    for await (const message of isStream(answer) ? answer : [answer]) {
      if (cut === undefined) stream.write(encode(declared.response, message));
    }
    if (method.isBilled) entry.billed = true;
    if (cut !== undefined) throw new Cut();
    entry.status = 200;
    entry.ended ??= "done";
    stream.end();
  } catch (error) {
    refuse(stream, entry, error);
  } finally {
    leave?.();
  }
}

/** A connection that breaks: gRPC clients see it as UNAVAILABLE, whatever has been done until then. */
class Cut extends Refusal {
  constructor() {
    super(14, "Connection dropped");
  }
}

function headersOf(metadata: Metadata): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(metadata.getMap()).map(([name, value]) => [name, String(value)]));
}

function read({ request }: ServiceMethod, bytes: Buffer): { body: Json; problem?: Refusal } {
  try {
    return { body: decode(request, bytes) };
  } catch (error) {
    if (error instanceof Refusal) return { body: {}, problem: error };
    throw error;
  }
}

function refuse(stream: Stream, entry: LedgerEntry, error: unknown): void {
  // Whoever breaks here is the fake itself, or its script: INTERNAL that says so.
  const refusal = error instanceof Refusal ? error : new Refusal(13, String(error));
  entry.status = refusal.status;
  entry.ended ??= refusal instanceof Cut ? "cut" : "done";
  stream.emit("error", { code: refusal.grpcCode, details: refusal.message });
}

function isStream(answer: Json | AsyncIterable<Json>): answer is AsyncIterable<Json> {
  return Symbol.asyncIterator in answer;
}

function answerMetadata(clientRequestId: string | string[] | undefined): Metadata {
  const metadata = new Metadata();
  metadata.set("x-request-id", crypto.randomUUID());
  metadata.set("x-server-trace-id", crypto.randomUUID().replaceAll("-", ""));
  if (typeof clientRequestId === "string") metadata.set("x-client-request-id", clientRequestId);
  return metadata;
}
