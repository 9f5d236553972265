// What ten thousand runs leave behind.
import { it } from "vitest";
import { expectNothingLeft, manyRuns } from "./many-runs.ts";

const runs = 10_080;

it(`${runs} runs, finished, failed, cancelled, aborted and left, keep no memory, listener, timer or socket`, {
  timeout: 600_000,
}, async () => {
  // A run that is kept is 5 KB at least.
  expectNothingLeft(runs, await manyRuns(runs), 250);
});
