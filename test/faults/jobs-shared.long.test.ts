import { afterEach, expect, it } from "vitest";
import { removeFolders } from "./jobs-damage.ts";
import { killAll } from "./jobs-processes.ts";
import { shareJobs } from "./jobs-shared.ts";

afterEach(() => {
  killAll();
  removeFolders();
});

it("of two processes with 1,000 jobs each job is done once, by one of them", { timeout: 300_000 }, async () => {
  await expect(shareJobs(1_000)).resolves.toBeUndefined();
});
