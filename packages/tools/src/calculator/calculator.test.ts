import { expect, it } from "vitest";
import { calledWith } from "../call-tool.fake.ts";
import { calculator } from "./calculator.ts";

it("answers with the expression and the result", async () => {
  expect(await calledWith(calculator(), { expression: "0.1 + 0.2" })).toEqual({ expression: "0.1 + 0.2", result: 0.3 });
});

it("says that a long result is rounded", async () => {
  expect(await calledWith(calculator(), { expression: "2^100" })).toEqual({
    expression: "2^100",
    result: 1.26765060022823e30,
    note: "rounded to 15 significant digits",
  });
});

it("tells what is wrong, and refuses input that is no expression", async () => {
  await expect(calledWith(calculator(), { expression: "1 / 0" })).rejects.toThrow("Division by zero");
  await expect(calledWith(calculator(), { expression: "1".repeat(1001) })).rejects.toThrow("too long");
  await expect(calledWith(calculator(), { expression: 5 })).rejects.toThrow("expression");
  await expect(calledWith(calculator(), {})).rejects.toThrow("expression");
});

it("changes nothing, and may run again", () => {
  expect(calculator()).toMatchObject({ name: "calculator", effects: "none", replay: "safe" });
});
