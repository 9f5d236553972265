// What runs leave behind; leaks.long.test.ts makes ten thousand of them.
import { expect, it } from "vitest";
import { manyRuns } from "./many-runs.ts";

const runs = 1_400;

it(`${runs} runs, finished, failed, cancelled, aborted and left, keep no memory, listener, timer or socket`, {
  timeout: 120_000,
}, async () => {
  const { ends, bytesPerRun, listeners, timers, sockets, mostConnections } = await manyRuns(runs);
  const seventh = runs / 7;
  expect(ends).toEqual({ stop: 3 * seventh, failed: seventh, aborted: 3 * seventh });
  // A run that is kept is 5 KB at least; so few runs leave some warming up in the figure.
  expect(bytesPerRun).toBeLessThan(1_500);
  expect(listeners).toBe(0);
  expect(timers).toBe(0);
  expect(sockets).toBeLessThanOrEqual(16);
  expect(mostConnections).toBeLessThanOrEqual(48);
});
