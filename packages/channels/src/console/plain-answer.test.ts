import { noUsage, type PartBody } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { type PrintPart, streamedAnswer, wholeAnswer } from "./plain-answer.ts";

const write = (print: PrintPart, ...parts: PartBody[]) => parts.map((part) => print({ ...part, runId: "r" })).join("");
const delta = (text: string, id = "1"): PartBody => ({ type: "text-delta", id, text });
const replace = (text: string): PartBody => ({ type: "text-replace", id: "1", text });
const step = (number: number): PartBody => ({
  type: "start-step",
  step: number,
  agentName: "a",
  provider: "p",
  modelId: "m",
  settings: {},
});
const thought: PartBody = { type: "reasoning-delta", id: "0", text: "hm" };
const finish: PartBody = { type: "finish", finishReason: "stop", totalUsage: noUsage };
const abort: PartBody = { type: "abort", reason: "", totalUsage: noUsage };

describe("only the answer", () => {
  it("is for programs the text of the last step, with the last word of whoever rewrote it", () => {
    expect(
      write(
        wholeAnswer(),
        step(1),
        thought,
        delta("I look."),
        step(2),
        delta("Tw"),
        replace("One"),
        delta("."),
        finish,
      ),
    ).toBe("One.\n");
    expect(write(wholeAnswer(), step(1), delta("ends\n"), finish)).toBe("ends\n");
    expect(write(wholeAnswer(), step(1), delta("begun"), abort)).toBe("begun\n");
    expect(write(wholeAnswer(), step(1), abort)).toBe("");
  });

  it("is for people the text while it is written", () => {
    const print = streamedAnswer();
    expect(write(print, step(1), thought, delta("I look."))).toBe("I look.");
    expect(write(print, step(2), delta("T\x1bo"))).toBe("\nT␛o");
    expect(write(print, replace("One."), finish)).toBe("\nOne.\n");
  });
});
