import { describe, expect, it } from "vitest";
import { oneLine, safeText } from "./safe-text.ts";

describe("safe text", () => {
  it("cannot drive the terminal: every control but line break and tab becomes a visible sign", () => {
    expect(safeText("\x1b[2J\x1b]0;title\x07 \x9b31m a\x7f \b")).toBe("␛[2J␛]0;title␇ \ufffd31m a␡ ␈");
    expect(safeText("a\tb\nc\r\nd")).toBe("a\tb\nc\nd");
  });

  it("cannot be turned around by marks of writing direction", () => {
    expect(safeText("\u202etxt.exe\u2066")).toBe("\ufffdtxt.exe\ufffd");
  });

  it("leaves Russian, emoji and Chinese alone", () => {
    expect(safeText("Привет 👩‍👩‍👧 漢字")).toBe("Привет 👩‍👩‍👧 漢字");
  });

  it("fits a long text on one line and says how long it was, never cutting a character in half", () => {
    expect(oneLine("a\n  b\tc", 100)).toBe("a b c");
    expect(oneLine("😀".repeat(10), 5)).toBe("😀😀… (20 characters)");
  });
});
