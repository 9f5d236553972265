import { expect, it } from "vitest";
import { isoIn, readIsoTime } from "./iso-time.ts";

it("a time is read in whatever zone it is written, and given in UTC", () => {
  const times: Record<string, string> = {
    "2026-01-31T08:00:00Z": "2026-01-31T08:00:00.000Z",
    "2026-01-31T08:00Z": "2026-01-31T08:00:00.000Z",
    "2026-01-31T02:00:00.125+03:00": "2026-01-30T23:00:00.125Z",
    "2024-02-29T23:59:59.999999-00:30": "2024-03-01T00:29:59.999Z",
  };
  for (const [written, inUtc] of Object.entries(times)) expect(readIsoTime(written, "runAt")).toBe(inUtc);
  expect(readIsoTime(new Date(0), "runAt")).toBe("1970-01-01T00:00:00.000Z");
});

it("what is put off is put off for a day at most, however long somebody asks for", () => {
  for (const ms of [24 * 3_600_000, 31_536_000_000, 1e17, Number.POSITIVE_INFINITY]) {
    const isIn = Date.parse(isoIn(ms)) - Date.now();
    expect(isIn).toBeGreaterThan(23 * 3_600_000);
    expect(isIn).toBeLessThanOrEqual(24 * 3_600_000);
  }
});

it("what only resembles a time is refused by name", () => {
  const none = ["", "0", "-1", "2026", "soon", "2026-01-31", "2026-01-31T08:00:00", "2026-01-31 08:00:00Z"];
  const impossible = ["2026-02-31T00:00:00Z", "2025-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-01T25:00:00Z"];
  const others: unknown[] = [5, null, {}, new Date(Number.NaN), "2026-01-31T08:00:00Z\n", "+012026-01-31T08:00:00Z"];
  for (const time of [...none, ...impossible, ...others]) {
    expect(() => readIsoTime(time as string, "runAt"), JSON.stringify(time)).toThrow(
      expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining("runAt") }),
    );
  }
});
