import { describe, expect, it } from "vitest";
import { scrubJson, scrubPieces, scrubText } from "./scrub.ts";

/** Made up here, so that no file of the repository holds what looks like a key. */
const long = "abcdefghij0123456789ABCDEFGHIJ0123456789";

describe("secrets", () => {
  it.each([
    `sk-${long}`,
    `sk-ant-api03-${long}`,
    `xoxb-${long}`,
    `ghp_${long}`,
    `AKIA${"ABCDEFGH01234567"}`,
    `AIza${long}`,
    `AQVN${long}`,
    `t1.${long}.${long}`,
    `y0_${long}`,
    `123456789:AA${long}`,
    `eyJ${long}.${long}.${long}`,
  ])("are known by what keys look like: %s", (key) => {
    const text = `It is "${key}", he said.`;
    expect(scrubText(text)).toBe(`It is "${"*".repeat(key.length)}", he said.`);
  });

  it("are known by what stands before them", () => {
    expect(scrubText("Authorization: Bearer abcd.efgh1")).toBe("Authorization: Bearer **********");
    expect(scrubText("GET /v1?key=abc&model=x")).toBe("GET /v1?key=***&model=x");
    expect(scrubText("https://ann:hunter2@example.com/")).toBe("https://ann:*******@example.com/");
    expect(scrubText("it holds hunter2", ["hunter2"])).toBe("it holds *******");
  });

  it("are known by the field they are in", () => {
    expect(scrubJson({ user: "ann", password: "hunter2", deep: [{ api_key: "abc", max_tokens: 5 }] })).toEqual({
      user: "ann",
      password: "*******",
      deep: [{ api_key: "***", max_tokens: 5 }],
    });
  });

  it("are known by their field in JSON that is a text itself, and whatever they are", () => {
    const input = JSON.stringify({ user: "ann", password: "hunter2", n: 1 });
    expect(scrubText(input)).toBe(input.replace("hunter2", "*******"));
    const nested = JSON.stringify({ arguments: input });
    expect(scrubText(nested)).toBe(nested.replace("hunter2", "*******"));
    expect(scrubPieces(['{"pass', 'word":"hun', 'ter2"}']).join("")).toBe('{"password":"*******"}');
    expect(scrubJson({ password: 1234, token: 5, cookie: ["a", { b: "cd" }], secret: null })).toEqual({
      password: "***",
      token: 5,
      cookie: ["*", { b: "**" }],
      secret: null,
    });
  });

  it("are found across the cuts of a stream, which stay where they were", () => {
    const pieces = ["one sk-abcdefgh", "", "ijklmnop012345", " two"];
    const scrubbed = scrubPieces(pieces);
    expect(scrubbed.join("")).toBe(`one ${"*".repeat(25)} two`);
    expect(scrubbed.map(({ length }) => length)).toEqual(pieces.map(({ length }) => length));
  });

  it("are not seen where there are none", () => {
    for (const text of [
      "The task-force risk-assessment is at 10:30, sk-8.",
      "Keys: sk-short",
      "skip-the-long-queue-at-the-door",
    ]) {
      expect(scrubText(text)).toBe(text);
    }
  });
});
