import { describe, expect, it } from "vitest";
import { type InputLine, maxMessageBytes, readLines, requireMessage } from "./read-lines.ts";

async function read(...chunks: (string | Uint8Array)[]): Promise<InputLine[]> {
  const lines: InputLine[] = [];
  const input = (async function* () {
    yield* chunks;
  })();
  for await (const line of readLines(input)) lines.push(line);
  return lines;
}

describe("the lines of the input", () => {
  it("are messages, wherever the bytes were parted", async () => {
    const bytes = Buffer.from("привет 😀\r\n\n   \nдва\nтри");
    const expected = [{ text: "привет 😀" }, { text: "два" }, { text: "три" }];
    expect(await read(bytes)).toEqual(expected);
    expect(await read(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
    expect(await read()).toEqual([]);
  });

  it("that are not UTF-8 are reported by their number, and the others are read", async () => {
    const [first, second, third] = await read("a\n", Uint8Array.of(0xcf, 0xf0, 0x0a), "b");
    expect([first, third]).toEqual([{ text: "a" }, { text: "b" }]);
    expect(second).toMatchObject({ problem: { code: "invalid-argument", message: expect.stringContaining("Line 2") } });
  });

  it("that are too long are reported with what to do, and the others are read", async () => {
    const [first, second] = await read("x".repeat(3_000_000), "x".repeat(2_000_000), "\nb\n");
    expect(first).toMatchObject({ problem: { code: "too-large", message: expect.stringContaining("5000000 bytes") } });
    expect(second).toEqual({ text: "b" });
  });

  it("have the same limits as a message that is given otherwise", () => {
    expect(() => requireMessage(" \n")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    expect(() => requireMessage("я".repeat(maxMessageBytes / 2 + 1))).toThrow(
      expect.objectContaining({ code: "too-large" }),
    );
    expect(() => requireMessage("я".repeat(maxMessageBytes / 2))).not.toThrow();
  });
});
