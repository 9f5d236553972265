// What runs leave behind; leaks.long.test.ts makes ten thousand of them.
import { it } from "vitest";
import { expectNothingLeft, manyRuns } from "./many-runs.ts";

const runs = 1_400;

it(`${runs} runs, finished, failed, cancelled, aborted and left, keep no memory, listener, timer or socket`, {
  timeout: 120_000,
}, async () => {
  // A run that is kept is 5 KB at least; so few runs leave some warming up in the figure.
  expectNothingLeft(runs, await manyRuns(runs), 1_500);
});
