import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitText } from "./split-text.ts";

const telegram = 4096;
const words = "Слово word 言葉 слово. ";

describe("splitText", () => {
  it("leaves a text that fits as it is", () => {
    expect(splitText("", telegram)).toEqual([""]);
    expect(splitText("a".repeat(telegram), telegram)).toEqual(["a".repeat(telegram)]);
  });

  it("gives pieces that fit and that joined are the text, from 1 to 200,000 characters", () => {
    for (const length of [1, 199, 200, 4_096, 4_097, 9_000, 10_000, 200_000]) {
      const text = words.repeat(length / words.length + 1).slice(0, length);
      for (const limit of [200, telegram, 12_000]) {
        const pieces = splitText(text, limit);
        expect(pieces.join("") === text, `${length} by ${limit}`).toBe(true);
        expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(limit);
        expect(pieces.length).toBeLessThanOrEqual(Math.ceil(length / (limit / 2 - 10)));
      }
    }
  });

  it("cuts after a paragraph, else after a line, else after a word", () => {
    const paragraph = `${"a b ".repeat(30)}\n`;
    const [first, second] = [`${paragraph}${paragraph}\n`, paragraph + paragraph];
    expect(splitText(first + second, 400)).toEqual([first, second]);
    expect(splitText(`${paragraph}${paragraph}${paragraph}`, 300)).toEqual([paragraph + paragraph, paragraph]);
    for (const piece of splitText("word ".repeat(2_000), 333)) expect(piece).toMatch(/^(word )+$/);
  });

  it("never cuts a grapheme: 5,000 emoji, families, flags and letters with accents", () => {
    const segmenter = new Intl.Segmenter("und", { granularity: "grapheme" });
    for (const grapheme of ["😀", "👨‍👩‍👧‍👦", "🇷🇺", "e\u0301\u0323", "\r\n", "a \u0301"]) {
      const text = grapheme.repeat(5_000);
      const segments = segmenter.segment(text);
      let at = 0;
      for (const piece of splitText(text, telegram)) {
        expect(segments.containing(at)?.index, grapheme).toBe(at);
        expect(text.startsWith(piece, at)).toBe(true);
        at += piece.length;
      }
      expect(at).toBe(text.length);
    }
  });

  it("cuts a single grapheme that is longer than a message between two code points", () => {
    const text = `a${"\u{1D165}".repeat(3_000)}`;
    const pieces = splitText(text, telegram);
    expect(pieces.join("")).toBe(text);
    for (const piece of pieces) expect(piece).not.toMatch(/\p{Surrogate}/u);
  });

  it("closes a code block that it cuts, and opens it again with its language", () => {
    const text = `Look:\n\n\`\`\`ts\n${"const a = 1;\n".repeat(50)}\`\`\`\n\nDone.`;
    const pieces = splitText(text, 300);
    expect(pieces.length).toBeGreaterThan(2);
    for (const piece of pieces.slice(0, -1)) expect(piece).toMatch(/^(Look:\n\n)?```ts\n(const a = 1;\n)+```$/);
    expect(pieces.at(-1)).toMatch(/^```ts\n(const a = 1;\n)+```\n\nDone\.$/);
    expect(codeLines(pieces)).toEqual(codeLines([text]));
  });

  it("takes nothing in the middle of a line for a fence, not even where it is cut there", () => {
    const text = `${"x".repeat(191)}\`\`\`\n${"y".repeat(300)}`;
    const pieces = splitText(text, 200);
    expect(pieces[1]).toMatch(/^```\ny/);
    expect(pieces.join("")).toBe(text);
  });

  it("cuts a code line of 9,000 characters", () => {
    const text = `~~~\n${"x".repeat(4_000)}\`\`\`${"y".repeat(5_000)}\n~~~\nafter`;
    const pieces = splitText(text, telegram);
    expect(pieces.every((piece) => piece.length <= telegram)).toBe(true);
    expect(pieces.slice(1).every((piece) => piece.startsWith("~~~\n"))).toBe(true);
    expect(pieces.slice(0, -1).every((piece) => piece.endsWith("\n~~~"))).toBe(true);
    expect(pieces.at(-1)).toMatch(/y\n~~~\nafter$/);
  });

  it("keeps a code block together where it can, and never leaves an empty one", () => {
    const block = `\`\`\`\n${"code\n".repeat(20)}\`\`\`\n`;
    const [first, second] = splitText(`${"line\n".repeat(45)}${block}`, 300);
    expect([first, second]).toEqual(["line\n".repeat(45), block]);
    const opensAtHalf = `${"x".repeat(116)}\n\`\`\`js\n${"long ".repeat(100)}\n\`\`\`\n`;
    const codes = Array.from(
      { length: 200 },
      (_, lines) => `a\n\`\`\`js\n${"b\n".repeat(lines + 1)}\`\`\`\n${"c".repeat(300)}`,
    );
    for (const text of [opensAtHalf, ...codes]) {
      for (const piece of splitText(text, 250)) expect(piece).not.toMatch(/```js\n```/);
    }
  });

  it("cuts a table between its rows", () => {
    const row = `| ${"cell ".repeat(10)}| ${"value ".repeat(10)}|\n`;
    const pieces = splitText(row.repeat(200), telegram);
    expect(pieces.join("")).toBe(row.repeat(200));
    for (const piece of pieces) expect(piece.length % row.length).toBe(0);
  });

  it("holds for any text: pieces fit, fences pair up, and nothing but fences is added", () => {
    const line = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 150 }),
      fc.constantFrom("", "```", "```ts", "~~~~", "    indented", "- item", "| a | b |", "````", "   ``` x"),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 60 }), fc.integer({ min: 200, max: 600 }), (lines, limit) => {
        const text = lines.join("\n");
        const pieces = splitText(text, limit);
        expect(pieces.every((piece) => piece.length <= limit && piece.length > 0) || text === "").toBe(true);
        expect(withoutFences(pieces.join(""))).toBe(withoutFences(text));
        for (const piece of pieces) expect(/\p{Surrogate}/u.test(piece)).toBe(/\p{Surrogate}/u.test(text));
      }),
      { numRuns: 300 },
    );
  });

  it("refuses a limit that leaves no room for words", () => {
    expect(() => splitText("text", 10)).toThrow("pieces of 10");
    expect(() => splitText("text", Number.NaN)).toThrow("pieces of NaN");
  });
});

function codeLines(pieces: string[]): string[] {
  return pieces
    .join("\n")
    .split("\n")
    .filter((line) => line.startsWith("const"));
}

/** What a repair can add is made of these. */
function withoutFences(text: string): string {
  return text.replaceAll(/[`~\s]|ts|x/g, "");
}
