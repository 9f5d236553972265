import { describe, expect, it } from "vitest";
import { languageModelCases } from "./language-model-cases.ts";
import { scriptedModel } from "./scripted-model.ts";

describe("the scripted model is a LanguageModel:", () => {
  for (const { name, run } of languageModelCases({ answering: (replies) => scriptedModel(replies) })) it(name, run);
});

describe("scriptedModel", () => {
  const request = {
    instructions: "",
    messages: [],
    tools: [],
    toolChoice: "auto",
    reasoning: "off",
    settings: {},
  } as const;

  it("complains about one call too many", () => {
    const model = scriptedModel([]);
    expect(() => model.stream(request)).toThrow("has 0 replies and was asked for one more");
  });

  it("complains about one call too few", () => {
    expect(() => scriptedModel([{ text: "never asked for" }]).done()).toThrow("was asked 0 times of 1");
  });
});
