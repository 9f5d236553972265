// Sends a reply as its delivery says: late, in pieces, compressed, broken off. Tells how much of it went out.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { Delivery, ReplyHeaders } from "./server-reply.ts";

export type ReplyBytes = {
  status: number;
  headers: ReplyHeaders;
  writes: readonly (string | Uint8Array)[];
  repeats?: number | undefined;
};

/** `cut`: the script broke it off. Where the client leaves, whatever was still to come is not sent. */
export type Sent = { bytes: number; isCut: boolean };

/** Adds to `sent` as it goes. Resolves when everything has been sent that is to be sent. */
export async function sendReply(
  response: ServerResponse,
  { status, headers, writes, repeats }: ReplyBytes,
  { delayMs, pauseMs, pieces, gzip, stopsAfter, ends }: Delivery,
  sent: Sent,
): Promise<void> {
  const connection = new Connection(response);
  const how = ends ?? (stopsAfter === undefined ? "whole" : "reset");
  const end = () => {
    if (how === "never" || connection.isGone) return;
    sent.isCut = how !== "whole" || stopsAfter !== undefined;
    if (how === "reset" && response.socket) reset(response.socket);
    else if (how === "whole" && response.headersSent) response.end();
    else response.socket?.destroy();
  };
  await connection.pause(delayMs);
  if (stopsAfter === "request") return end();
  if (stopsAfter === "half-headers") {
    response.socket?.write("HTTP/1.1 200 OK\r\ncontent-type: text/even", end);
    return;
  }
  response.writeHead(status, { ...headers, ...(gzip && { "content-encoding": "gzip" }) });
  response.flushHeaders();
  const plain = piecesOf(repeated(writes, repeats), pieces);
  const body = gzip ? Readable.from(plain).pipe(createGzip()) : plain;
  let isFirst = true;
  for await (const piece of body) {
    const left = (stopsAfter ?? Number.POSITIVE_INFINITY) - sent.bytes;
    if (left <= 0) break;
    if (!isFirst) await connection.pause(pauseMs);
    isFirst = false;
    const bytes = piece.subarray(0, left);
    if (!(await connection.write(bytes))) return;
    sent.bytes += bytes.length;
  }
  end();
}

/**
 * Node's own `resetAndDestroy()` closes properly first: FIN and then RST, of which a client sees only the FIN. It also
 * sees a FIN where the RST comes together with bytes, hence the two turns, one of which polls its socket.
 */
function reset(socket: Socket): void {
  const closing = Object.assign(socket, { resetAndClosing: true });
  setImmediate(() => setImmediate(() => closing.destroy()));
}

/** A response whose client may leave at any moment: that ends whatever is being waited for. */
class Connection {
  readonly #response: ServerResponse;
  #release: () => void = () => {};

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on("close", () => this.#release());
  }

  get isGone(): boolean {
    return this.#response.destroyed;
  }

  /** @returns whether the client was there to take it. */
  write(bytes: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.isGone) return resolve(false);
      this.#release = () => resolve(false);
      this.#response.write(bytes, (error) => resolve(!error));
    });
  }

  pause(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      if (ms === undefined || this.isGone) return resolve();
      const timer = setTimeout(resolve, ms);
      this.#release = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function* repeated(writes: readonly (string | Uint8Array)[], repeats = 1): Generator<Buffer> {
  const buffers = writes.map((write) => (typeof write === "string" ? Buffer.from(write) : Buffer.from(write)));
  for (let time = 0; time < repeats; time++) yield* buffers;
}

function* piecesOf(writes: Iterable<Buffer>, pieces: number | readonly number[] | undefined): Generator<Buffer> {
  if (pieces === undefined) {
    yield* writes;
  } else if (typeof pieces === "number") {
    for (const write of writes) {
      for (let at = 0; at < write.length; at += pieces) yield write.subarray(at, at + pieces);
    }
  } else {
    const body = Buffer.concat([...writes]);
    const edges = [0, ...pieces, body.length];
    for (const [index, edge] of edges.entries()) {
      const piece = body.subarray(edges[index - 1], edge);
      if (index > 0 && piece.length > 0) yield piece;
    }
  }
}
