import { BesedaError, type PartBody, type StreamPart } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { EventText, plainPart } from "./operation-events.ts";

const finish = {
  type: "finish",
  finishReason: "stop",
  totalUsage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
} as const;
const begin = { type: "start", agentName: "shop", threadId: undefined, input: [] } as const;

function textOf(parts: readonly (PartBody & { parentCallId?: string })[]): string {
  const text = new EventText();
  return parts.map((part) => text.of({ ...part, runId: "run" } as StreamPart)).join("");
}

describe("the events of an operation", () => {
  it("are the text as it came, and a line for what tools are asked and answer", () => {
    const parts: PartBody[] = [
      begin,
      { type: "reasoning-delta", id: "r", text: "hm" },
      { type: "text-delta", id: "1", text: "Let me " },
      { type: "text-delta", id: "1", text: "see" },
      { type: "tool-call", toolCallId: "c", toolName: "weather", input: { city: "Tver" } },
      { type: "tool-result", toolCallId: "c", toolName: "weather", input: {}, output: { degrees: 21 } },
      { type: "tool-error", toolCallId: "c", toolName: "weather", input: {}, error: "no such city" },
      { type: "text-delta", id: "2", text: "21 degrees" },
      { type: "text-end", id: "2" },
      finish,
    ];
    expect(textOf(parts)).toBe(
      'Let me see\n→ weather {"city":"Tver"}\n← weather {"degrees":21}\n✗ weather no such city\n21 degrees\n',
    );
  });

  it("say that what was shown does not count where a run begins anew after a crash, but not after an approval", () => {
    const said: PartBody = { type: "text-delta", id: "1", text: "half" };
    expect(textOf([begin, said, begin, said, { type: "text-end", id: "1" }, finish])).toBe(
      "half\n(begun anew: what was said last does not count)\nhalf\n",
    );
    const waits: PartBody = {
      type: "tool-approval-request",
      approvalId: "run:c",
      toolCall: { toolCallId: "c", toolName: "refund", input: { order: 7 } },
    };
    expect(textOf([begin, waits, { ...finish, finishReason: "approval" }, begin, said])).toBe(
      '? c waits for an approval: refund {"order":7}\nended with approval\nhalf',
    );
  });

  it("show what a sub-agent does, not what it says, and its end is not the end", () => {
    const below = { parentCallId: "c" };
    expect(
      textOf([
        begin,
        { ...begin, ...below },
        { type: "text-delta", id: "1", text: "inner", ...below },
        { type: "tool-call", toolCallId: "d", toolName: "add", input: [1, 2], ...below },
        { ...finish, finishReason: "length", ...below },
        { type: "abort", reason: "stopped by hand", totalUsage: finish.totalUsage },
      ]),
    ).toBe("  → add [1,2]\nstopped: stopped by hand\n");
  });

  it("cannot drive the terminal, and are plain data for programs", () => {
    expect(textOf([begin, { type: "text-delta", id: "1", text: "a\u001b[2Jb" }])).toBe("a␛[2Jb");
    const error = new BesedaError("It is away.", { code: "unavailable", hint: "Try later.", cause: { key: "secret" } });
    const part: StreamPart = { type: "error", error, totalUsage: finish.totalUsage, runId: "run" };
    expect(JSON.parse(JSON.stringify(plainPart(part))).error).toEqual({
      code: "unavailable",
      message: "It is away.",
      hint: "Try later.",
    });
  });
});
