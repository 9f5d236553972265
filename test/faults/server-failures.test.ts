// P4: statuses 5xx, resets before and in the headers, a server that does not speak TLS.
import type { ModelServer, ServerReply } from "@beseda/core/testing";
import { describe, expect, it } from "vitest";
import { holdTime, passing } from "./fake-time.ts";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";

const busy = { error: { message: "busy", type: "server_error" } };
const failures: [string, ServerReply][] = [
  ...[500, 502, 503, 504, 529].map((status): [string, ServerReply] => [`status ${status}`, { status, body: busy }]),
  ["a 502 page", { status: 502, body: "<html>Bad gateway</html>", headers: { "content-type": "text/html" } }],
  ["a reset before the headers", { text: "hi", stopsAfter: "request" }],
  ["a close before the headers", { text: "hi", stopsAfter: "request", ends: "close" }],
  ["a reset in the headers", { text: "hi", stopsAfter: "half-headers" }],
  ["a close in the headers", { text: "hi", stopsAfter: "half-headers", ends: "close" }],
  ["a reset before the first event", { text: "hi", stopsAfter: 0 }],
  ["a status whose body breaks off", { status: 503, body: busy, stopsAfter: 5 }],
];

function keysOf({ requests }: ModelServer): Set<string | undefined> {
  return new Set(requests.map(({ idempotencyKey }) => idempotencyKey));
}

describe("A server that keeps failing is asked once and as often again as the policy says, with one idempotency key", () => {
  const counts = { runs: 0, requests: 0 };

  it.each(failures)("%s", async (_name, failure) => {
    for (const streamed of [true, false]) {
      for (const retries of [0, 2, 4]) {
        const server = await serving({ respond: () => failure });
        const agent = agentOver(server, { streamed, model: { retry: { retries, longestWaitMs: 0 } } });
        const { error, result } = await outcomeOf(agent, "hi");
        expect(error).toMatchObject({ code: "unavailable", isRetryable: true });
        expect(result).toMatchObject({ finishReason: "error", text: "" });
        expect(server.requests).toHaveLength(retries + 1);
        expect([...keysOf(server)]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
        counts.runs++;
        counts.requests += server.requests.length;
      }
    }
  });

  it("and by default three times in all", async () => {
    holdTime();
    const server = await serving({ respond: () => ({ status: 503 }) });
    const run = outcomeOf(agentOver(server, { model: { retry: {} } }), "hi");
    await passing(run, 60_000);
    expect((await run).error).toMatchObject({ status: 503 });
    expect(server.requests).toHaveLength(3);
    tell("P4 server failures", { kinds: failures.length, ...counts });
  });
});

it.each(failures)("A server that fails twice and then answers has answered: %s", async (_name, failure) => {
  const server = await serving({ replies: [failure, failure, { text: "Открыто." }] });
  const { result, error } = await outcomeOf(agentOver(server), "hi");
  expect(error).toBeUndefined();
  expect(result).toMatchObject({ text: "Открыто.", finishReason: "stop" });
  expect(keysOf(server).size).toBe(1);
  expect(server.requests).toHaveLength(3);
});

it("A server that does not speak TLS is told to the user and gets no request", async () => {
  const server = await serving({ replies: [] });
  const agent = agentOver({ url: server.url.replace("http:", "https:") });
  const { error, result } = await outcomeOf(agent, "hi");
  expect(error).toMatchObject({ code: "bad-response", hint: expect.stringContaining("http://") });
  expect(result.finishReason).toBe("error");
  expect(server.requests).toEqual([]);
  expect(server.connections).toBeLessThanOrEqual(3);
  tell("P4 TLS failure", { connections: server.connections, requests: 0 });
});

it("The deadline of a run holds while its model keeps failing and is waited for", async () => {
  holdTime();
  const deadlines = [100, 300, 700, 1_500];
  let worst = 0;
  for (const totalMs of deadlines) {
    const server = await serving({ respond: () => ({ status: 503 }) });
    const agent = agentOver(server, { timeouts: { totalMs }, model: { retry: { retries: 50 } } });
    const run = outcomeOf(agent, "hi");
    const tookMs = await passing(run, totalMs + 250);
    expect((await run).error).toMatchObject({ code: "timeout" });
    worst = Math.max(worst, tookMs - totalMs);
  }
  tell("P4 deadlines", { deadlines: deadlines.length, "latest by ms": worst });
});
