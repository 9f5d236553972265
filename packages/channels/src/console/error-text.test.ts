import { BesedaError } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { errorText } from "./error-text.ts";

const error = new BesedaError("It broke\nin two.", {
  code: "unavailable",
  hint: "Glue it.",
  cause: new Error("deeper", { cause: "\x1b[2Jdeepest" }),
});

describe("an error for people", () => {
  it("is one line: what happened and what to do", () => {
    expect(errorText(error)).toBe("It broke in two. Glue it.");
    expect(errorText(undefined)).toBe("undefined was thrown");
  });

  it("tells the stack and the causes only when asked", () => {
    const text = errorText(error, { verbose: true });
    expect(text).toMatch(/^It broke in two. Glue it.\n/);
    expect(text).toContain("error-text.test.ts");
    expect(text).toContain("caused by Error: deeper");
    expect(text).toContain("caused by ␛[2Jdeepest");
  });

  it("ends where errors cause each other in a circle", () => {
    const first = new Error("first");
    first.cause = new Error("second", { cause: first });
    expect(errorText(first, { verbose: true }).split("caused by").length).toBeLessThan(10);
  });
});
