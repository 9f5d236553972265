// P6: what a thousand replies that hung leave behind. Alone in its file: undici's own clock cannot be held twice.
import { getEventListeners, setMaxListeners } from "node:events";
import type { ServerReply } from "@beseda/core/testing";
import { expect, it, vi } from "vitest";
import { holdTime, passing, until } from "./fake-time.ts";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";
import { hangs } from "./hanging-replies.ts";

it("A thousand hanging replies leave no socket, no timer and no listener behind", async () => {
  const server = await serving({ respond: (_request, number) => hangs[number % hangs.length]?.[1] as ServerReply });
  const agent = agentOver(server, {
    timeouts: { firstChunkMs: 300, chunkMs: 200 },
    model: { retry: { retries: 0 } },
  });
  const shared = new AbortController();
  setMaxListeners(0, shared.signal);
  const ends = { timeout: 0, stopped: 0 };
  holdTime();
  for (let batch = 1; batch <= 10; batch++) {
    // The tenth part of them is stopped by the user.
    const stop = new AbortController();
    const runs = Array.from({ length: 100 }, async (_, number) => {
      const { error, result } = await outcomeOf(agent, "hi", { signal: number < 10 ? stop.signal : shared.signal });
      if (error?.code === "timeout") ends.timeout++;
      else if (result.finishReason === "aborted") ends.stopped++;
    });
    await until(() => server.requests.length === batch * 100);
    stop.abort("enough");
    await passing(Promise.all(runs), 1_000);
  }
  expect(ends).toEqual({ timeout: 900, stopped: 100 });
  // Each request's own socket is closed; undici then opens another, which it gives up when nobody uses it for 30 s.
  expect(server.openConnections).toBeLessThanOrEqual(100);
  await passing(
    until(() => server.openConnections === 0),
    40_000,
    100,
  );
  expect(server.requests.filter(({ ended }) => ended !== "left")).toEqual([]);
  expect(process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap")).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  expect(getEventListeners(shared.signal, "abort")).toEqual([]);
  const { connections, mostConnections } = server;
  tell("P6 leaks", {
    repeats: 1_000,
    connections,
    "most at once": mostConnections,
    sockets: 0,
    timers: 0,
    listeners: 0,
  });
}, 60_000);
