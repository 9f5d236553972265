import { expect, it } from "vitest";
import type { RowResult } from "../batch.ts";
import { outputColumns } from "./output-columns.ts";

const result: RowResult = {
  number: 1,
  cells: { prompt: "hi", error: "mine", input_error: "mine too" },
  response: "hello",
  reasoning: null,
  toolCalls: [],
  finishReason: "stop",
  usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5, cost: { RUB: 0.5 } },
  error: { code: "timeout", message: "Too late.", requestId: "r1" },
  model: "m:m",
  steps: 1,
  attempts: 1,
  milliseconds: 5,
};

it("a column of the data set that has a name of ours is kept under another one, which is free", () => {
  const input = ["prompt", "error", "input_error"].map((name) => ({ name, type: "string" as const }));
  const { columns, toCells } = outputColumns(input, []);
  expect(columns.map(({ name }) => name)).toEqual([
    "prompt",
    "input_input_error",
    "input_error",
    "response",
    "reasoning",
    "tool_calls",
    "finish_reason",
    "usage",
    "cost",
    "error",
    "model",
    "attempts",
  ]);
  expect(toCells(result)).toMatchObject({
    prompt: "hi",
    input_input_error: "mine",
    input_error: "mine too",
    error: { code: "timeout", message: "Too late.", hint: null },
  });
});

it("so is one that differs from ours in capitals alone, as SQL would take the one for the other", () => {
  const input = ["Response", "MODEL", "input_model"].map((name) => ({ name, type: "string" as const }));
  const { columns, toCells } = outputColumns(input, []);
  const names = columns.map(({ name }) => name);
  expect(names.slice(0, 4)).toEqual(["input_Response", "input_input_MODEL", "input_model", "response"]);
  expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length);
  const cells = { Response: "mine", MODEL: "big", input_model: "small" };
  expect(toCells({ ...result, cells })).toMatchObject({ input_Response: "mine", response: "hello" });
});

it("the cost has a field for each currency, and is JSON where nothing has a price", () => {
  const costOf = (currencies: string[]) =>
    outputColumns([], currencies).columns.find(({ name }) => name === "cost")?.type;
  expect(costOf(["RUB", "USD"])).toEqual({ struct: { RUB: "double", USD: "double" } });
  expect(costOf([])).toBe("json");
});
