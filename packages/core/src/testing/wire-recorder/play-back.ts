// A kept reply sent again: the same bytes, cut as they were, at once or at the pace of then.
import type { ServerResponse } from "node:http";
import type { BesedaError } from "../../errors.ts";
import { waitUntil } from "../../tape/pace.ts";
import { bytesOf, type WireReply } from "./wire-tape.ts";

export async function playBack(response: ServerResponse, reply: WireReply, isPaced: boolean): Promise<void> {
  const left = new AbortController();
  response.on("close", () => left.abort());
  const start = performance.now();
  response.writeHead(reply.status, reply.headers);
  response.flushHeaders();
  try {
    for (const chunk of reply.chunks) {
      if (isPaced) await waitUntil(chunk.at, start, left.signal);
      response.write(bytesOf(chunk));
    }
  } catch {
    // The client has left.
    return;
  }
  if (!reply.isCut) response.end();
  // Behind what was written before.
  else response.write("", () => response.destroy());
}

/** A client error, and one that says it twice: clients send requests again after almost anything else. */
export function refuse(response: ServerResponse, miss: BesedaError): void {
  response.writeHead(422, { "content-type": "application/json", "x-should-retry": "false" });
  response.end(
    JSON.stringify({ error: { message: miss.advice, type: "not_recorded", param: null, code: "not_recorded" } }),
  );
}
