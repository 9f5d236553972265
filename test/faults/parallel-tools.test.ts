// T5: tools that run side by side, some of which fail.
import { Agent, type ToolMessage, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { describe, expect, it } from "vitest";
import { tell } from "./fault-bench.ts";

const made = (name: string, execute: () => unknown) =>
  tool({ name, description: "", inputSchema: { type: "object" }, execute });

describe("Of five tools side by side", () => {
  it.each([1, 2, 10])(
    "two fail and one is slow: all five results reach the model in the order of the calls, %i at a time",
    async (toolConcurrency) => {
      let release: () => void = () => {};
      const slow = new Promise<void>((resolve) => (release = resolve));
      let ended = 0;
      const ending = <Value>(value: Value) => {
        if (++ended === 4) release();
        return value;
      };
      const tools = [
        made("fails", async () => {
          throw ending(new Error("first failure"));
        }),
        made("slow", async () => {
          if (toolConcurrency > 1) await slow;
          return "at last";
        }),
        made("works", () => ending("one")),
        made("throws", () => {
          throw ending(new Error("second failure"));
        }),
        made("worksToo", async () => ending("two")),
      ];
      const toolCalls = tools.map(({ name }) => ({ toolName: name, input: {} }));
      const model = scriptedModel([{ toolCalls }, { text: "Done." }]);
      const result = await new Agent({ model, tools, toolConcurrency }).generate("Go");
      const messages = model.requests[1]?.messages ?? [];
      const answers = messages.filter((message): message is ToolMessage => message.role === "tool");
      expect(answers.map(({ toolName, output, isError = false }) => [toolName, output, isError])).toEqual([
        ["fails", "first failure", true],
        ["slow", "at last", false],
        ["works", "one", false],
        ["throws", "second failure", true],
        ["worksToo", "two", false],
      ]);
      expect(result.text).toBe("Done.");
      tell("T5 parallel failures", {
        "at a time": toolConcurrency,
        calls: 5,
        failed: 2,
        "results in order": answers.length,
      });
    },
  );
});
