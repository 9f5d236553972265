import { describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import type { EvalAnswer, Scorer } from "./eval-case.ts";
import { exact, schema, toolCall } from "./scorers.ts";

const result = await new Agent({ model: scriptedModel([{ text: "Hi" }]) }).generate("Hello");

function score(scorer: Scorer, answer: Partial<EvalAnswer>) {
  return scorer({
    input: "Hello",
    expected: undefined,
    expectedCalls: undefined,
    answer: "",
    output: undefined,
    toolCalls: [],
    result,
    signal: undefined,
    ...answer,
  });
}

describe("exact", () => {
  it("compares texts as people read them: space around them and ways to write one letter do not count", () => {
    expect(score(exact(), { expected: "Чай", answer: " Чаи\u0306\n" })).toBe(1);
    expect(score(exact(), { expected: "391", answer: "It is 391" })).toMatchObject({ score: 0 });
    expect(score(exact(), { expected: "Чай", answer: "чай" })).toEqual({ score: 0, reason: 'The answer is not "Чай"' });
  });

  it("compares data with the answer's object, or with its text as JSON", () => {
    const expected = { city: "Riga", days: [1, 2] };
    expect(score(exact(), { expected, answer: '{ "days": [1, 2], "city": "Riga" }' })).toBe(1);
    expect(score(exact(), { expected, answer: "see the object", output: { city: "Riga", days: [1, 2] } })).toBe(1);
    expect(score(exact(), { expected, answer: "Riga" })).toMatchObject({ score: 0 });
    expect(score(exact(), { expected, answer: "", output: { city: "Riga", days: [2, 1] } })).toMatchObject({
      score: 0,
    });
  });

  it("has nothing to say on a case without an expected answer", () => {
    expect(score(exact(), { answer: "anything" })).toBeUndefined();
  });
});

describe("schema", () => {
  it("holds the answer against zod and plain JSON Schema, whatever the schema is of", async () => {
    const days = z.array(z.number()).max(2);
    expect(await score(schema(days), { answer: "[1, 2]" })).toBe(1);
    expect(await score(schema(days), { answer: "[1, 2, 3]" })).toMatchObject({ score: 0, reason: /big|most/ });
    const city = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
    expect(await score(schema(city), { output: { city: "Riga" } })).toBe(1);
    expect(await score(schema(city), { answer: "{}" })).toMatchObject({
      score: 0,
      reason: expect.stringMatching(/city/),
    });
  });

  it("does not take what is not JSON", async () => {
    expect(await score(schema(z.string()), { answer: "Riga" })).toMatchObject({
      score: 0,
      reason: expect.stringMatching(/^The answer is not JSON/),
    });
  });
});

describe("toolCall", () => {
  const made = (toolName: string, input: object) => ({ toolName, input });

  it("gives the share of the expected calls that were made, in any order, whatever else they held", () => {
    const expectedCalls = [{ toolName: "book", input: { seat: { row: 3 } } }, { toolName: "look" }];
    const book = made("book", { seat: { row: 3, place: "A" }, note: "window" });
    expect(score(toolCall(), { expectedCalls, toolCalls: [made("look", {}), book] })).toBe(1);
    expect(score(toolCall(), { expectedCalls, toolCalls: [book] })).toEqual({
      score: 0.5,
      reason:
        'Missing: {"toolName":"look"}; {"toolName":"book","input":{"seat":{"row":3,"place":"A"},"note":"window"}} was made',
    });
    const other = made("book", { seat: { row: 4 } });
    expect(score(toolCall(), { expectedCalls, toolCalls: [other] })).toMatchObject({ score: 0 });
  });

  it("wants two calls where two of one kind are expected", () => {
    const expectedCalls = [{ toolName: "look" }, { toolName: "look" }];
    expect(score(toolCall(), { expectedCalls, toolCalls: [made("look", {})] })).toMatchObject({ score: 0.5 });
  });

  it("wants no call at all where none is expected, and has nothing to say where nothing is said of calls", () => {
    expect(score(toolCall(), { expectedCalls: [], toolCalls: [] })).toBe(1);
    expect(score(toolCall(), { expectedCalls: [], toolCalls: [made("look", {})] })).toMatchObject({ score: 0 });
    expect(score(toolCall(), { toolCalls: [made("look", {})] })).toBeUndefined();
  });
});
