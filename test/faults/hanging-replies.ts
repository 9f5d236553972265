// The replies of a server that hangs after it has accepted the connection.
import type { Timeouts } from "@beseda/core";
import type { ServerReply } from "@beseda/core/testing";

const delta = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const text = Buffer.from(delta("Сегодня "));
const slowly = Array.from({ length: 50 }, (_, byte) => text.length + byte);
const comments = { raw: [": wait\n\n"], repeats: 1_000_000 };

/** What hangs, which limit ends it, and the text that had come. */
export const hangs: [string, ServerReply, keyof Timeouts, string][] = [
  ["no headers", { text: "hi", stopsAfter: "request", ends: "never" }, "firstChunkMs", ""],
  ["half of the headers", { text: "hi", stopsAfter: "half-headers", ends: "never" }, "firstChunkMs", ""],
  ["headers, then silence", { text: "hi", stopsAfter: 0, ends: "never" }, "firstChunkMs", ""],
  ["half of an event, then silence", { text: "hi", stopsAfter: 30, ends: "never" }, "firstChunkMs", ""],
  ["one byte per 10 s", { text: "hi", pieces: 1, pauseMs: 10_000 }, "firstChunkMs", ""],
  ["comments only", { ...comments, pauseMs: 1_000 }, "firstChunkMs", ""],
  ["a failing status whose body never ends", { status: 503, body: "busy", ends: "never" }, "firstChunkMs", ""],
  ["text, then silence", { raw: [text], ends: "never" }, "chunkMs", "Сегодня "],
  ["text, then one byte per 10 s", { raw: [text, text], pieces: slowly, pauseMs: 10_000 }, "chunkMs", "Сегодня "],
  ["text, then comments only", { raw: [text, ...Array(99).fill(": wait\n\n")], pauseMs: 1_000 }, "chunkMs", "Сегодня "],
];
