// Breaks a response off: the connection closes without the end of the body.
import type { ServerResponse } from "node:http";
import type { LedgerEntry } from "./fake-route.ts";

/** Everything that was written goes out first. */
export function cutNow(response: ServerResponse, entry: LedgerEntry): void {
  entry.ended = "cut";
  const { socket } = response;
  if (!socket || socket.writableLength === 0) socket?.destroy();
  else socket.write("", () => socket.destroy());
}

/** So many bytes of the body go out, whoever writes them, and nothing after them. */
export function cutAfter(response: ServerResponse, bytes: number, entry: LedgerEntry): void {
  const write = response.write.bind(response);
  let left = bytes;
  const pass = (chunk: unknown): boolean => {
    const whole = typeof chunk === "string" || chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0);
    const piece = whole.subarray(0, left);
    left -= piece.length;
    if (piece.length > 0) write(piece);
    else response.flushHeaders();
    if (left === 0 && entry.ended === undefined) setImmediate(() => cutNow(response, entry));
    return true;
  };
  response.write = pass;
  response.end = (chunk?: unknown) => {
    pass(chunk);
    if (entry.ended === undefined) setImmediate(() => cutNow(response, entry));
    return response;
  };
}
