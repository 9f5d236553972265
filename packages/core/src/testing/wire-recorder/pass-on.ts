// One request passed on to the real service, its reply passed back as it comes, and kept.
import { type IncomingMessage, request as requestHttp, type ServerResponse } from "node:http";
import { request as requestHttps } from "node:https";
import { type ArrivedPiece, keptChunks, keptHeaders, plainHeaders, secretsOf, type WireReply } from "./wire-tape.ts";

export type Passage = { incoming: IncomingMessage; body: Buffer; response: ServerResponse; upstream: URL };

/**
 * Gives what is to be kept, before the client is told that the reply is over: `end` tells it. Nothing where the service
 * could not be reached or answered what cannot be kept, which the client is told with a 502.
 */
export function passOn(passage: Passage): Promise<{ reply: WireReply | undefined; end(): void }> {
  const { incoming, body, response, upstream } = passage;
  const secrets = secretsOf(incoming);
  const start = performance.now();
  const pieces: ArrivedPiece[] = [];
  return new Promise((resolve) => {
    const outgoing = (upstream.protocol === "https:" ? requestHttps : requestHttp)(
      new URL(incoming.url ?? "/", upstream),
      { method: incoming.method, headers: sentHeaders(passage), agent: false },
      (reply) => {
        const { statusCode: status = 502, headers } = reply;
        if ((headers["content-encoding"] ?? "identity") !== "identity") {
          outgoing.destroy();
          return resolve({
            reply: undefined,
            end: () => fail(response, `${upstream.origin} sends its replies compressed.`),
          });
        }
        const keptOnes = keptHeaders(headers, secrets);
        response.writeHead(status, keptHeaders(headers, []));
        response.flushHeaders();
        // Not by iteration, which would join pieces that wait for each other.
        reply.on("data", (bytes: Buffer) => {
          pieces.push({ at: Math.round(performance.now() - start), bytes });
          response.write(bytes);
        });
        reply.on("close", () => {
          const kept: WireReply = { status, headers: keptOnes, chunks: keptChunks(pieces, secrets) };
          if (reply.complete) resolve({ reply: kept, end: () => response.end() });
          else resolve({ reply: { ...kept, isCut: true }, end: () => response.destroy() });
        });
        reply.on("error", () => {});
      },
    );
    outgoing.on("error", (error) => {
      const code = "code" in error ? ` (${error.code})` : "";
      resolve({ reply: undefined, end: () => fail(response, `${upstream.origin} cannot be reached${code}.`) });
    });
    response.on("close", () => {
      if (!response.writableFinished) outgoing.destroy();
    });
    outgoing.end(body);
  });
}

/** As they came, but for the host, and for compression: what is compressed can neither be read nor scrubbed. */
function sentHeaders({ incoming, body, upstream }: Passage): Record<string, string | number> {
  const { connection, "transfer-encoding": encoding, ...headers } = plainHeaders(incoming.headers);
  return { ...headers, host: upstream.host, "accept-encoding": "identity", "content-length": body.length };
}

function fail(response: ServerResponse, message: string): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  response.writeHead(502, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { message, type: "not_passed_on" } }));
}
