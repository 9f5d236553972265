// T4, a few times; killed-in-a-tool.long.test.ts does it a hundred times.
import { expect, it } from "vitest";
import { killInATool } from "./kill-in-a-tool.ts";

it("A process killed inside a tool pays nothing twice: the next one tells the model that the outcome is unknown", {
  timeout: 60_000,
}, async () => {
  const found = await killInATool(6, Number(process.env.SEED ?? 20_261_122));
  for (const { paidBefore, paidAfter, told, answer } of found) {
    expect(paidAfter).toBe(paidBefore);
    expect(told).toEqual([
      expect.objectContaining({ toolName: "pay", isError: true, output: expect.stringMatching(/unknown/) }),
    ]);
    expect(answer).toBe("I do not know whether it was paid.");
  }
  expect(found.filter(({ paidBefore }) => paidBefore === 1).length).toBeGreaterThanOrEqual(3);
});
