// P7: status 200 with something that is no reply.
import type { ServerReply } from "@beseda/core/testing";
import { describe, expect, it } from "vitest";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";

const key = "sk-very-secret-key";
const page = `<html><h1>Sign in</h1><p>You sent Bearer ${key}.</p>${"x".repeat(300)}`;
const html = { "content-type": "text/html" };
const event = (text: string | Uint8Array) => ["data: ", text, "\n\n"];

/** What comes, and what of its beginning the user is told. */
const wrong: [string, ServerReply, RegExp][] = [
  ["a page", { raw: [page], headers: html }, /<html><h1>Sign in<\/h1><p>You sent \*\*\*\.<\/p>x+…$/],
  ["a page that calls itself a stream", { raw: [page] }, /<html><h1>Sign in/],
  ["a page in an event", { raw: event(page) }, /<html><h1>Sign in/],
  ["a compressed reply that breaks off", { text: "hi", gzip: true, stopsAfter: 20, ends: "whole" }, /gzip/],

  ["NaN", { raw: event('{"choices":[{"index":0,"delta":{"content":NaN}}]}') }, /"content":NaN/],
  ["half of a JSON", { raw: event('{"choices":[{"index":0,') }, /\{"choices":\[\{"index":0,/],
  ["bytes that are no text", { raw: event(Uint8Array.of(0xff, 0xfe, 0x7b)) }, /�/],
  ["a list", { raw: event("[]") }, /no reply/],
  ["another service's JSON", { raw: ['{"status":"ok"}'], headers: { "content-type": "application/json" } }, /"ok"/],
];

describe("What is no reply is a bad response with its status and at most 200 characters of it, without the key", () => {
  let requests = 0;

  it.each(wrong)("%s", async (_name, reply, told) => {
    for (const streamed of [true, false]) {
      const server = await serving({ respond: () => reply });
      const { error, result } = await outcomeOf(agentOver(server, { streamed, model: { apiKey: key } }), "hi");
      expect(error).toMatchObject({ code: "bad-response", status: 200 });
      expect(error?.message).toMatch(streamed ? told : /./);
      expect(error?.message.length).toBeLessThan(330);
      expect(error?.hint).toMatch(/\.$/);
      expect(JSON.stringify(error, Object.getOwnPropertyNames(error ?? {}))).not.toContain(key);
      expect(result).toMatchObject({ finishReason: "error", text: "" });
      requests += server.requests.length;
    }
  });

  it("2 MB of spaces, which are given up at 1 MB", async () => {
    const server = await serving({ respond: () => ({ raw: [" ".repeat(65_536)], repeats: 32 }) });
    const { error } = await outcomeOf(agentOver(server), "hi");
    expect(error).toMatchObject({ code: "too-large", status: 200 });
    const whole = await outcomeOf(agentOver(server, { streamed: false }), "hi");
    expect(whole.error).toMatchObject({ code: "bad-response", status: 200 });
    requests += server.requests.length;
  });

  it.each([true, false])("an empty body, which is asked for again, streamed: %s", async (streamed) => {
    const server = await serving({ respond: () => ({ raw: [] }) });
    const { error } = await outcomeOf(agentOver(server, { streamed }), "hi");
    expect(error).toMatchObject({ code: "bad-response", status: 200 });
    expect(server.requests.length).toBeLessThanOrEqual(3);
    requests += server.requests.length;
    if (!streamed) tell("P7 wrong content", { kinds: wrong.length + 2, runs: 2 * wrong.length + 4, requests });
  });
});

describe("What is odd but legal is a reply:", () => {
  const finish = '"finish_reason":"stop"';
  const odd: [string, ServerReply][] = [
    [
      "a byte order mark",
      { raw: [`\uFEFFdata: {"choices":[{"delta":{"content":"да"},${finish}}]}\n\ndata: [DONE]\n\n`] },
    ],
    [
      "duplicate keys, of which the last counts",
      { raw: event(`{"choices":[],"choices":[{"delta":{"content":"нет","content":"да"},${finish}}]}`) },
    ],
    ["another model's name", { text: "да", model: "another-model" }],
    [
      "bytes that are no UTF-8 inside a text",
      { raw: ['data: {"choices":[{"delta":{"content":"да', Uint8Array.of(0xff), `"},${finish}}]}\n\n`] },
    ],
  ];

  it.each(odd)("%s", async (_name, reply) => {
    const server = await serving({ respond: () => reply });
    const { error, result } = await outcomeOf(agentOver(server), "hi");
    expect(error).toBeUndefined();
    expect(result.text).toMatch(/^да�?$/);
    expect(result.text.isWellFormed()).toBe(true);
    expect(server.requests).toHaveLength(1);
  });
});
