// P6: a server that hangs, before the connection, before the headers, after them, in the middle, or sends only comments.
import { describe, expect, it } from "vitest";
import { holdTime, passing, until } from "./fake-time.ts";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";
import { hangs } from "./hanging-replies.ts";
import { notAccepting } from "./not-accepting.ts";

const limits = { firstChunkMs: 30_000, chunkMs: 20_000, stepMs: 50_000 };

describe("A model that hangs fails by the limit for it, with the text so far, and its socket is closed", () => {
  let latest = 0;

  it.each(hangs)("%s", async (_name, reply, limit, textSoFar) => {
    holdTime();
    const server = await serving({ respond: () => reply });
    const run = outcomeOf(agentOver(server, { timeouts: limits, model: { retry: { retries: 0 } } }), "hi");
    await until(() => server.requests.length === 1);
    const tookMs = await passing(run, 60_000);
    const limitMs = limits[limit as "firstChunkMs"];
    expect(tookMs).toBeGreaterThanOrEqual(limitMs);
    expect(tookMs).toBeLessThanOrEqual(limitMs + 250);
    const { error, result } = await run;
    expect(error).toMatchObject({ code: "timeout", hint: expect.stringContaining(`timeouts.${limit}`) });
    expect(result).toMatchObject({ finishReason: "error", text: textSoFar });
    await until(() => server.openConnections === 0);
    expect(server.requests).toMatchObject([{ ended: "left" }]);
    latest = Math.max(latest, tookMs - limitMs);
  });

  it("a whole reply that does not come", async () => {
    holdTime();
    const server = await serving({ respond: () => ({ text: "hi", stopsAfter: "request", ends: "never" }) });
    const run = outcomeOf(agentOver(server, { streamed: false, timeouts: limits }), "hi");
    await until(() => server.requests.length === 1);
    const tookMs = await passing(run, 60_000);
    expect(tookMs - limits.stepMs).toBeLessThanOrEqual(250);
    expect((await run).error).toMatchObject({ code: "timeout" });
    await until(() => server.openConnections === 0);
    expect(server.requests).toMatchObject([{ ended: "left" }]);
  });

  it("a port that accepts nobody", async () => {
    const port = await notAccepting();
    holdTime();
    const agent = agentOver(port, { timeouts: { firstChunkMs: 3_000 }, model: { retry: { retries: 0 } } });
    const runs = Promise.all(Array.from({ length: 6 }, () => outcomeOf(agent, "hi")));
    const tookMs = await passing(runs, 5_000);
    expect(tookMs - 3_000).toBeLessThanOrEqual(250);
    for (const { error } of await runs) expect(error).toMatchObject({ code: "timeout" });
    tell("P6 hangs", { kinds: hangs.length + 2, "latest by ms": latest });
  });
});
