// P9: tool calls cut into deltas in every odd way.
import { tool } from "@beseda/core";
import type { CallPieces, ScriptedCall } from "@beseda/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";

const ways: CallPieces[] = [
  "in-turn",
  "interleaved",
  "whole",
  "reused-index",
  "no-index",
  "no-id",
  "empty-id",
  "name-in-pieces",
  "all-repeated",
  "arguments-as-object",
];
const names = ["add", "look_up", "get_weather_forecast"];

/** The calls that the tools got, in the order of the calls, from a reply that is streamed so, or from a whole one. */
async function callsFrom(toolCalls: readonly ScriptedCall[], callPieces?: CallPieces): Promise<string[]> {
  const server = await serving({ replies: [{ toolCalls, ...(callPieces && { callPieces }) }, { text: "Готово." }] });
  const got: string[] = [];
  const tools = names.map((name) =>
    tool({
      name,
      description: "",
      inputSchema: { type: "object" },
      execute: (input) => void got.push(`${name}(${JSON.stringify(input)})`),
    }),
  );
  const agent = agentOver(server, { tools, toolConcurrency: 1, streamed: callPieces !== undefined });
  const { result, error, parts } = await outcomeOf(agent, "hi");
  expect(error).toBeUndefined();
  expect(result.text).toBe("Готово.");
  const ids = parts.flatMap((part) => (part.type === "tool-call" ? [part.toolCallId] : []));
  expect(new Set(ids).size).toBe(ids.length);
  // Not one call was made up or lost on the way to the tools.
  expect(ids).toHaveLength(got.length);
  await server.close();
  return got;
}

describe("Streamed calls are those of the whole reply, however a server cuts them into deltas:", () => {
  const counts = { ways: ways.length, replies: 0, calls: 0 };
  const value = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom("}", '{"a":1}', "👨‍👩‍👧", "\\", '"'),
  );
  const input = fc.dictionary(
    fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 }),
    fc.oneof(value, fc.array(value, { maxLength: 3 })),
    { maxKeys: 4 },
  );
  // Arguments are an object with something in it: a call without any has no second delta to be odd in.
  const call = fc.record({ name: fc.constantFrom(...names), arguments: input.map((rest) => ({ n: 1, ...rest })) });
  const replies = fc.sample(fc.array(call, { minLength: 1, maxLength: 5 }), 12);

  it.each(ways)(
    "%s",
    async (way) => {
      for (const calls of replies) {
        const whole = await callsFrom(calls);
        expect(await callsFrom(calls, way)).toEqual(whole);
        counts.replies++;
        counts.calls += whole.length;
      }
    },
    30_000,
  );

  it("128 calls at once", async () => {
    const calls = Array.from({ length: 128 }, (_, n) => ({ name: names[n % 3] as string, arguments: { n } }));
    const whole = await callsFrom(calls);
    expect(whole).toHaveLength(128);
    for (const way of ways) expect(await callsFrom(calls, way)).toEqual(whole);
    const { seed = 0 } = fc.readConfigureGlobal();
    tell("P9 tool-call deltas", { ...counts, "at once": 128, different: 0, seed });
  }, 30_000);
});

describe("The beginning of the arguments may be JSON already:", () => {
  it.each<[string, string]>([
    ["and spaces follow", '{"n":1}          \n         '],
    ["and a line break follows", `{"a":"${"x".repeat(3)}"}\n`],
    ["and it is an object inside", '{"a":{"b":1},"c":{"d":2}}'],
    ["and it is empty", "{         }  "],
  ])("%s", async (_name, text) => {
    for (const way of ways) {
      const calls = [
        { name: "add", arguments: text },
        { name: "look_up", arguments: text },
      ];
      const expected = calls.map(({ name }) => `${name}(${JSON.stringify(JSON.parse(text))})`);
      expect(await callsFrom(calls, way), way).toEqual(expected);
    }
  });
});
