// What ten thousand runs leave behind.
import { expect, it } from "vitest";
import { manyRuns } from "./many-runs.ts";

const runs = 10_080;

it(`${runs} runs, finished, failed, cancelled, aborted and left, keep no memory, listener, timer or socket`, {
  timeout: 600_000,
}, async () => {
  const { ends, bytesPerRun, listeners, timers, sockets, mostConnections } = await manyRuns(runs);
  const seventh = runs / 7;
  expect(ends).toEqual({ stop: 3 * seventh, failed: seventh, aborted: 3 * seventh });
  // A run that is kept is 5 KB at least.
  expect(bytesPerRun).toBeLessThan(250);
  expect(listeners).toBe(0);
  expect(timers).toBe(0);
  expect(sockets).toBeLessThanOrEqual(16);
  expect(mostConnections).toBeLessThanOrEqual(48);
});
