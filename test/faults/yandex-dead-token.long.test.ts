// P12 with the count of its table.
import { expect, it } from "vitest";
import { atOnce, type TokenSource, tokenDies } from "./yandex-dead-token.ts";

it.each<TokenSource>(["service-account key", "metadata of a virtual machine"])(
  "A token (%s) that dies at row 5,000 of 10,000 is renewed once: no row fails, and none is billed twice",
  { timeout: 300_000 },
  async (source) => {
    const { answers, failures, renewals, refused, billed, billedTwice } = await tokenDies({
      rows: 10_000,
      diesAt: 5_000,
      source,
    });
    expect(failures).toEqual([]);
    expect(answers).toEqual(Array.from({ length: 10_000 }, (_, row) => `re: row ${row}`));
    expect(renewals).toBe(2);
    expect(refused).toBeLessThanOrEqual(atOnce);
    expect([billed, billedTwice]).toEqual([10_000, 0]);
  },
);
