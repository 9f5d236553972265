import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { yandexFromEnv } from "../connection/yandex-from-env.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "prices-"));
  path = join(folder, "prices.json");
  vi.stubEnv("YC_API_KEY", "AQVNkey");
  vi.stubEnv("YC_PRICES_FILE", path);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

describe("the table of prices in the file that YC_PRICES_FILE names", () => {
  it("takes the place of the one that comes with the package, unless other prices are passed", () => {
    writeFileSync(path, JSON.stringify({ date: "2027-01", currency: "USD" }));
    expect(yandexFromEnv().prices).toEqual({ date: "2027-01", currency: "USD" });
    expect(yandexFromEnv({ prices: false }).prices).toBe(false);
  });

  it("is refused where it is not there, is not JSON, or is no table", () => {
    expect(() => yandexFromEnv()).toThrow(expect.objectContaining({ code: "missing-setting" }));
    writeFileSync(path, "date: 2027");
    expect(() => yandexFromEnv()).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    writeFileSync(path, '{"date": "2027-01"}');
    expect(() => yandexFromEnv()).toThrow("currency is missing");
  });
});
