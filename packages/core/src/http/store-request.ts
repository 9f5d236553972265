// One request to a store of objects that is signed in its headers, with a reply that fits into memory.
import type { ReplyHeaders } from "./reply-error.ts";
import type { RequestHeaders } from "./request.ts";
import { piecesOf, Transfer, type TransferOptions } from "./transfer.ts";

export type StoreRequest = Omit<TransferOptions, "headers"> & {
  method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Signature and all. None of them is repeated in an error. */
  headers: RequestHeaders;
  body?: Uint8Array | undefined;
};

export type StoreReply = { headers: ReplyHeaders; body: Buffer };

/** @throws BesedaError as `upload`: of what the store answers no more than the code and the sentence of its error */
export async function storeRequest(
  url: string,
  { method, headers, body, ...options }: StoreRequest,
): Promise<StoreReply> {
  const transfer = new Transfer(new URL(url), options);
  const length = { "content-length": `${body?.length ?? 0}` };
  const sent = method === "PUT" || method === "POST" ? { ...headers, ...length } : headers;
  await transfer.begin(method, sent, body?.length ? piecesOf(body, transfer) : null);
  const reads: Buffer[] = [];
  for await (const bytes of transfer.read()) reads.push(bytes);
  return { headers: transfer.headers, body: Buffer.concat(reads) };
}
