import { BesedaError, noUsage, type StreamPart } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { jsonLine } from "./json-line.ts";

const parse = (part: StreamPart) => {
  const line = jsonLine(part);
  expect(line.indexOf("\n")).toBe(line.length - 1);
  return JSON.parse(line);
};
const result = (output: unknown) =>
  parse({ type: "tool-result", toolCallId: "c", toolName: "t", input: { a: 1 }, output, runId: "r" }).output;

describe("a stream part as JSON", () => {
  it("is the part, on one line", () => {
    const part: StreamPart = { type: "text-delta", id: "1", text: "a\nb\u2028\ud800", runId: "r" };
    expect(parse(part)).toEqual(part);
  });

  it("holds whatever a tool gives back", () => {
    const circle: Record<string, unknown> = { name: "circle" };
    circle.self = circle;
    expect(result(circle)).toEqual({ name: "circle", self: "[circular]" });
    expect(result({ big: 2n ** 70n })).toEqual({ big: "1180591620717411303424" });
    expect(result(10n)).toBe("10");
    expect(result(undefined)).toBe(null);
    expect(result(new Map([["a", new Set([1])]]))).toEqual({ a: [1] });
    expect(result(() => 1)).toBe("[function]");
    expect(result("text")).toBe("text");
    expect(result("12")).toBe("12");
    const trap = {
      get value() {
        throw new Error("no");
      },
    };
    expect(result(trap)).toContain("no");
    expect(
      result(
        new Proxy(
          {},
          {
            ownKeys() {
              throw new Error("never");
            },
          },
        ),
      ),
    ).toContain("never");
  });

  it("holds what a tool says about its progress", () => {
    const progress = {
      type: "tool-progress",
      toolCallId: "c",
      toolName: "t",
      progress: { n: 1n },
      runId: "r",
    } as const;
    expect(parse(progress)).toEqual({ ...progress, progress: { n: "1" } });
  });

  it("says of an error what it is and what to do, without its stack", () => {
    const error = new BesedaError("Too fast.", {
      code: "rate-limited",
      hint: "Wait.",
      isRetryable: true,
      retryAfterMs: 5,
    });
    expect(parse({ type: "error", error, totalUsage: noUsage, runId: "r" })).toEqual({
      type: "error",
      error: { code: "rate-limited", message: "Too fast.", hint: "Wait.", isRetryable: true, retryAfterMs: 5 },
      totalUsage: noUsage,
      runId: "r",
    });
  });
});
