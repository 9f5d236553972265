import { BesedaError, noUsage, type PartBody } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { paintFor } from "./paint.ts";
import { PartRenderer } from "./render-parts.ts";

function screen(parts: readonly PartBody[], { inPlace = false, hasColors = false } = {}): string {
  const renderer = new PartRenderer({ name: "bot", paint: paintFor(hasColors), inPlace });
  return parts.map((part) => renderer.render({ ...part, runId: "r" })).join("");
}

const text = (id: string, ...pieces: string[]): PartBody[] => [
  { type: "text-start", id },
  ...pieces.map((piece): PartBody => ({ type: "text-delta", id, text: piece })),
  { type: "text-end", id },
];
const reasoning = (...pieces: string[]): PartBody[] => [
  ...pieces.map((piece): PartBody => ({ type: "reasoning-delta", id: "think", text: piece })),
  { type: "reasoning-end", id: "think" },
];
const call = (toolCallId: string, input: unknown): PartBody => ({
  type: "tool-call",
  toolCallId,
  toolName: "add",
  input,
});
const result = (toolCallId: string, output: unknown): PartBody => ({
  type: "tool-result",
  toolCallId,
  toolName: "add",
  input: {},
  output,
});
const finish: PartBody = { type: "finish", finishReason: "stop", totalUsage: noUsage };

describe("a run on the screen", () => {
  it("shows thinking, a tool with what it got and gave, and the answer", () => {
    const parts = [
      ...reasoning("\n\nLet me\n", "see."),
      call("1", { a: 1 }),
      result("1", { sum: 3n }),
      ...text("t", "\n\n", "It is ", "3."),
      finish,
    ];
    expect(screen(parts)).toBe('∴ Let me\n  see.\n⚙ add {"a":1}\n  ↳ {"sum":"3"}\nbot › It is 3.\n');
  });

  it("says whose a result is where several tools work side by side", () => {
    const parts = [call("1", { a: 1 }), call("2", { a: 2 }), result("2", 20), result("1", 10)];
    expect(screen(parts)).toBe('⚙ add {"a":1}\n⚙ add {"a":2}\n  ↳ 20\n  ↳ add {"a":1}: 10\n');
  });

  it("lists what the answer rests on under it, each source once, characters of control made visible", () => {
    const page: PartBody = {
      type: "source",
      sourceType: "url",
      id: "1",
      url: "https://ria.ru/1",
      title: "RIA\u001b[2J",
    };
    const file: PartBody = { type: "source", sourceType: "document", id: "f", title: "a.pdf", filename: "a.pdf" };
    expect(screen([page, file, ...text("t", "Snow."), { ...page, id: "2" }, finish])).toBe(
      "bot › Snow.\n  RIA␛[2J — https://ria.ru/1\n  a.pdf\n",
    );
    const many = Array.from({ length: 22 }, (_, index): PartBody => ({ ...page, url: `https://ria.ru/${index}` }));
    expect(screen([...many, ...text("t", "Snow."), finish])).toMatch(/ria\.ru\/19\n {2}and 2 more\n$/);
  });

  it("shows the error of a tool", () => {
    const error: PartBody = {
      type: "tool-error",
      toolCallId: "1",
      toolName: "add",
      input: {},
      error: "no\nsuch thing",
    };
    expect(screen([call("1", "{bro"), error])).toBe("⚙ add {bro\n  ✗ no such thing\n");
  });

  it("dims thinking, and colours nothing without colours", () => {
    expect(screen(reasoning("hm"), { hasColors: true })).toBe("\x1b[2m∴ hm\x1b[22m\n");
    expect(screen([...reasoning("hm"), call("1", {}), ...text("t", "a")])).not.toContain("\x1b");
  });

  it("lets nothing that a model or a tool writes drive the terminal", () => {
    const evil = "\x1b[2J\r\x9b";
    const parts: PartBody[] = [
      ...reasoning(`x${evil}`),
      { type: "tool-input-start", id: "1", toolName: evil },
      { type: "tool-call", toolCallId: "1", toolName: evil, input: evil },
      { type: "tool-progress", toolCallId: "1", toolName: evil, progress: evil },
      { type: "tool-result", toolCallId: "1", toolName: evil, input: evil, output: evil },
      { type: "tool-error", toolCallId: "1", toolName: evil, input: evil, error: evil },
      ...text("t", `x${evil}`),
      { type: "text-replace", id: "t", text: `y${evil}` },
      finish,
    ];
    expect(screen(parts)).not.toMatch(/[^\P{Cc}\n]/u);
  });

  it("shortens long inputs and outputs to a line", () => {
    const lines = screen([call("1", { text: "x".repeat(5_000) }), result("1", "y\n".repeat(50_000))]).split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line.length).toBeLessThan(450);
    expect(lines[1]).toContain("characters)");
  });

  it("writes progress over one line, which the result replaces", () => {
    const progress = (value: unknown): PartBody => ({
      type: "tool-progress",
      toolCallId: "1",
      toolName: "add",
      progress: value,
    });
    const parts = [call("1", {}), progress("10 %"), progress("20 %"), result("1", 3)];
    expect(screen(parts, { inPlace: true })).toBe(
      "⚙ add {}\n\x1b[?7l  … add: 10 %\x1b[?7h\r\x1b[K\x1b[?7l  … add: 20 %\x1b[?7h\r\x1b[K  ↳ 3\n",
    );
    expect(screen(parts)).toBe("⚙ add {}\n  ↳ 3\n");
  });

  it("continues a rewritten text where it can, and otherwise shows the new one on a new line", () => {
    const replace = (value: string): PartBody => ({ type: "text-replace", id: "t", text: value });
    const delta = (value: string): PartBody => ({ type: "text-delta", id: "t", text: value });
    expect(screen([delta("One"), replace("One two"), delta("."), finish])).toBe("bot › One two.\n");
    expect(screen([delta("One"), replace("Two"), delta("."), finish])).toBe("bot › One\nbot › Two.\n");
  });

  it("says how a run ended, unless it just ended", () => {
    const begun: PartBody = { type: "text-delta", id: "t", text: "begun" };
    const ended = (finishReason: "length" | "max-steps" | "content-filter"): PartBody =>
      ({ ...finish, finishReason }) as PartBody;
    expect(screen([begun, { type: "abort", reason: "Ctrl-C", totalUsage: noUsage }])).toBe("bot › begun\n■ stopped\n");
    expect(
      screen([begun, { type: "error", error: new BesedaError("x", { code: "internal" }), totalUsage: noUsage }]),
    ).toBe("bot › begun\n");
    expect(screen([begun, ended("length")])).toContain("\nThe answer was cut");
    expect(screen([begun, ended("max-steps")])).toContain("go on");
    expect(screen([begun, ended("content-filter")])).toContain("filtered");
    expect(screen([finish])).toBe("The model said nothing.\n");
  });
});
