import { expect, it } from "vitest";
import { bullmqEngine } from "./bullmq-engine.ts";
import { memoryFiles } from "./memory-files.fake.ts";

it("a lease lasts from a second to a day, or is refused before anything is opened", () => {
  const open = (leaseMs: number) => bullmqEngine({ connection: "redis://host", files: memoryFiles(), leaseMs });
  for (const leaseMs of [1_000, 86_400_000]) expect(() => open(leaseMs)).not.toThrow();
  for (const leaseMs of [0, 999, 86_400_001, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY, "5000"]) {
    expect(() => open(leaseMs as number), String(leaseMs)).toThrow(
      expect.objectContaining({
        code: "invalid-argument",
        message: `leaseMs is ${leaseMs}.`,
        hint: expect.stringContaining("from 1000 to 86400000, which is a day"),
      }),
    );
  }
});
