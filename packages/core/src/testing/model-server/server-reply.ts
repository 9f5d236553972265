// What the model server is told to answer, faults included: plain data, as a script in a JSON file could hold it.
import type { ScriptedAnswer } from "./chat-reply-chunks.ts";

/** What is said, and how it gets there. `{ text: "hi", stopsAfter: 100 }` is an answer that breaks off. */
export type ServerReply = (ScriptedAnswer | StatusReply | RawReply) & Delivery;

/**
 * A status with a body; one that is no string is sent as JSON.
 * `{ status: 429, headers: { "retry-after": "20" }, body: { error: { message: "slow down" } } }`
 */
export type StatusReply = { status: number; body?: unknown; headers?: ReplyHeaders };

/**
 * Bytes as they are, for whatever a service should never send, each item a write of its own.
 * `{ raw: ["<h1>Sign in</h1>"], headers: { "content-type": "text/html" } }` is a page with status 200,
 * `{ raw: ["data: ", Uint8Array.of(0xff)] }` is no UTF-8, `{ raw: [] }` is an empty body.
 */
export type RawReply = {
  raw: readonly (string | Uint8Array)[];
  /** Sends all of it so many times: `{ raw: ["x".repeat(65_536)], repeats: 3_200 }` is a line of 200 MB. Default 1. */
  repeats?: number;
  /** Default 200. */
  status?: number;
  /** Default: the content type `text/event-stream`. */
  headers?: ReplyHeaders;
};

export type ReplyHeaders = Readonly<Record<string, string>>;

/** How a reply gets to the client. Without any of these: at once, one write for each event, to its end. */
export type Delivery = {
  /** Milliseconds before the headers. `{ text: "hi", delayMs: 2_000 }` is a slow model. */
  delayMs?: number;
  /** Milliseconds between two writes. `{ raw: [": wait\n\n"], repeats: 1_000, pauseMs: 50 }` is nothing but comments. */
  pauseMs?: number;
  /**
   * How the body is cut into writes: at most so many bytes in each, or at these offsets and nowhere else.
   * `{ text: "hi", pieces: 1, pauseMs: 10_000 }` is a byte every ten seconds.
   */
  pieces?: number | readonly number[];
  /** Compresses the body: `{ raw: [" ".repeat(65_536)], repeats: 16_384, gzip: true }` is a bomb of 1 GB. */
  gzip?: true;
  /**
   * Where the reply stops: after so many bytes of its body, after the `request` and before any header, or after
   * `half-headers`. `{ text: "hi", stopsAfter: 0, ends: "never" }` is headers and then silence.
   */
  stopsAfter?: number | "request" | "half-headers";
  /**
   * How it ends: properly (`whole`), with a `reset` of the connection (RST), with its `close` (FIN), or `never`.
   * Default `whole`; where it stops early, `reset`.
   */
  ends?: "whole" | "reset" | "close" | "never";
};
