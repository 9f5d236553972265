// P8: replies without an end. What they cost in memory and time is in bombs.long.test.ts.
import type { ServerReply } from "@beseda/core/testing";
import { expect, it } from "vitest";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";

const mega = 1024 * 1024;
const delta = 'data: {"choices":[{"index":0,"delta":{"content":"да "}}]}\n\n';

/** What comes, how much of it may have been sent when it is given up, with what error and with what text. */
const bombs: [string, ServerReply, number, { code: string }, RegExp][] = [
  ["a line of 200 MB", { raw: ["x".repeat(65_536)], repeats: 3_200 }, 1 * mega, { code: "too-large" }, /^$/],
  [
    "an event of 200 MB",
    { raw: [delta, `data: ${"x".repeat(65_530)}\n`.repeat(3_200)], pieces: 65_536 },
    1 * mega,
    { code: "too-large" },
    /^да $/,
  ],
  [
    "10 million tiny deltas",
    { raw: [delta.repeat(1_000)], repeats: 10_000 },
    32 * mega,
    { code: "too-large" },
    /^(да ){500000,}$/,
  ],
  [
    "a gzip bomb of 1 GB",
    { raw: [" ".repeat(65_536)], repeats: 16_384, gzip: true },
    0,
    { code: "bad-response" },
    /^$/,
  ],
  [
    "an endless failure",
    { status: 400, raw: ["x".repeat(65_536)], repeats: 3_200 },
    65_536,
    { code: "rejected" },
    /^$/,
  ],
];

it.each(bombs)(
  "A reply without an end is given up at its cap, with the text so far: %s",
  async (name, reply, cap, error, text) => {
    const server = await serving({ respond: () => reply });
    const outcome = await outcomeOf(agentOver(server), "hi");
    expect(outcome.error).toMatchObject({ ...error, isRetryable: false });
    expect(outcome.result.text).toMatch(text);
    expect(await server.requests[0]?.over).toBe("left");
    expect(server.requests).toHaveLength(1);
    const sent = server.requests[0]?.bytesSent ?? 0;
    // What the two sides have in their buffers has been sent, too.
    expect(sent).toBeLessThan(cap + 8 * mega);
    tell("P8 bombs", { [`${name}, bytes sent`]: sent, cap });
  },
  30_000,
);
