import { afterEach, expect, it } from "vitest";
import { removeFolders } from "./jobs-damage.ts";
import { loseLeases } from "./jobs-lost-lease.ts";
import { killAll } from "./jobs-processes.ts";

afterEach(() => {
  killAll();
  removeFolders();
});

it("a worker that was stopped for three lease periods is refused, 100 times of 100", { timeout: 900_000 }, async () => {
  await expect(loseLeases(100)).resolves.toBeUndefined();
});
