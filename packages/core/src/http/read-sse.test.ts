import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SseSink, sseDecoder } from "./read-sse.ts";

type Heard = [text: string, name: string];

const toolCall = {
  tool_calls: [{ index: 0, id: "call_1", function: { name: "погода", arguments: '{"город":"Омск"}' } }],
};
/** BOM, CRLF, comments, Cyrillic, emoji families, U+2028, a tool call, several data lines, names, [DONE]. */
const recording = Buffer.from(
  [
    "\uFEFF: keep-alive\r\n\r\n",
    `data: ${JSON.stringify({ content: "Привет, как дела?" })}\r\n\r\n`,
    ": comment в середине\n",
    `data:${JSON.stringify({ content: "👩‍👩‍👧‍👦 семья\u2028и 🇷🇺" })}\n\n`,
    'event: note\nid: 7\nretry: 10\ndata: {"a":\ndata: "line"}\n\n',
    "data\n\n\n",
    `data: ${JSON.stringify(toolCall)}\n\n`,
    'data: {"usage":{"prompt_tokens":9}}\n\n',
    "data: [DONE]\n\n",
  ].join(""),
);
const whole: Heard[] = [
  [JSON.stringify({ content: "Привет, как дела?" }), ""],
  [JSON.stringify({ content: "👩‍👩‍👧‍👦 семья\u2028и 🇷🇺" }), ""],
  ['{"a":\n"line"}', "note"],
  ["", ""],
  [JSON.stringify(toolCall), ""],
  ['{"usage":{"prompt_tokens":9}}', ""],
  ["[DONE]", ""],
];

const sink: SseSink<Heard> = { event: (text, name, events) => events.push([text, name]), end: () => {} };

function heard(reads: readonly Uint8Array[], { ends = true, limit = 32 } = {}): Heard[] {
  const decoder = sseDecoder(sink);
  const all: Heard[] = [];
  for (const read of reads) {
    const bytes = Buffer.from(read);
    let at = 0;
    while (at < bytes.length) {
      const events: Heard[] = [];
      at = decoder.decode(bytes, at, events, limit);
      all.push(...events);
    }
  }
  if (ends) decoder.end(all);
  return all;
}

describe("server-sent events", () => {
  it("are read as the specification says", () => {
    expect(heard([recording])).toEqual(whole);
  });

  it("begin after a byte order mark, wherever it is split", () => {
    const bytes = Buffer.from("\uFEFFdata: a\n\n");
    for (const cut of [0, 1, 2, 3]) expect(heard([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual([["a", ""]]);
  });

  it("are the same wherever the bytes are split in two or three", () => {
    for (let a = 0; a <= recording.length; a++) {
      for (let b = a; b <= recording.length; b++) {
        const events = heard([recording.subarray(0, a), recording.subarray(a, b), recording.subarray(b)]);
        if (events.length !== whole.length || events.some(([text], index) => text !== whole[index]?.[0])) {
          expect(events, `split at ${a} and ${b}`).toEqual(whole);
        }
      }
    }
  });

  it("are the same for any chunking, any kind of line ending, and however few are taken at a time", () => {
    const text = recording.toString().replaceAll("\r\n", "\n");
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });
    const ending = fc.constantFrom("\n", "\r\n", "\r");
    fc.assert(
      fc.property(sizes, ending, fc.integer({ min: 1, max: 5 }), (chunkSizes, lineEnding, limit) => {
        const bytes = Buffer.from(text.replaceAll("\n", lineEnding));
        const reads: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = chunkSizes[i % chunkSizes.length] as number;
          reads.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(heard(reads, { limit })).toEqual(whole);
      }),
      { numRuns: 150 },
    );
  });

  it("cut at any byte, never become an event that was not sent", () => {
    for (let cut = 0; cut <= recording.length; cut++) {
      const events = heard([recording.subarray(0, cut)], { ends: false });
      expect(events).toEqual(whole.slice(0, events.length));
    }
  });

  it("at the very end of a whole reply count without their blank line", () => {
    expect(heard([Buffer.from('data: {"a":1}\n\ndata: [DONE]')])).toEqual([
      ['{"a":1}', ""],
      ["[DONE]", ""],
    ]);
  });

  it("keep what is no UTF-8 from spreading beyond the one character", () => {
    expect(heard([Buffer.from([...Buffer.from("data: a"), 0xff, ...Buffer.from("b\n\n")])])).toEqual([["a�b", ""]]);
  });

  it("longer than 1 MB are refused before they fill the memory, even in reads of any size", () => {
    const endless = Array.from({ length: 80 }, () => Buffer.alloc(16 * 1024, "x"));
    expect(() => heard(endless)).toThrow(expect.objectContaining({ code: "too-large" }));
    expect(() => heard([Buffer.concat([...endless, Buffer.from("\n")])])).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
    const lines = Buffer.from(`data: ${"x".repeat(1_000)}\n`.repeat(1_100));
    expect(() => heard([lines])).toThrow(expect.objectContaining({ code: "too-large" }));
  });

  it("of 200 KB are read in single bytes without copying them again and again", () => {
    const text = "я".repeat(100_000);
    const bytes = Buffer.from(`data: ${text}\n\n`);
    const reads = Array.from(bytes, (_, index) => bytes.subarray(index, index + 1));
    expect(heard(reads)[0]?.[0]).toBe(text);
  });
});
