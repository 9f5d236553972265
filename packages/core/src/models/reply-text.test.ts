import { expect, it } from "vitest";
import { replyText } from "./reply-text.ts";

it("the text of a reply is what it says in the end, without reasoning and calls", () => {
  expect(
    replyText([
      { type: "reasoning-delta", text: "hm" },
      { type: "text-delta", text: "It was" },
      { type: "text-replace", text: "It is " },
      { type: "text-delta", text: "open." },
      { type: "tool-call", toolCallId: "1", toolName: "add", input: "{}" },
      { type: "finish", finishReason: "tool-calls" },
    ]),
  ).toBe("It is open.");
  expect(replyText([])).toBe("");
});
