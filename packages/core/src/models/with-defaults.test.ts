import { describe, expect, it } from "vitest";
import { question } from "../testing/ask-model.ts";
import { languageModelCases } from "../testing/language-model-cases.ts";
import { scriptedModel } from "../testing/scripted-model.ts";
import { rateLimited } from "./rate-limited.ts";
import { recorded } from "./recorded.ts";
import { withDefaults } from "./with-defaults.ts";

describe("withDefaults() is a LanguageModel:", () => {
  for (const { name, run } of languageModelCases({
    answering: (replies) => withDefaults(scriptedModel(replies), { settings: { temperature: 0 } }),
  })) {
    it(name, run);
  }
});

describe("withDefaults()", () => {
  const model = scriptedModel(() => ({ text: "Yes." }));
  const able = { ...model, abilities: { tools: false } };
  const careful = withDefaults(able, {
    settings: { temperature: 0, seed: 7, promptCache: { key: "a", ttl: "1h" } },
    instructions: "Be exact.",
  });

  it("sets what the request leaves open, and nothing else", async () => {
    const settings = { temperature: 0.5, seed: undefined as never, promptCache: { key: "b" } };
    for await (const _ of careful.stream({ ...question(), settings })) {
    }
    expect(model.requests.at(-1)).toEqual({
      ...question(),
      instructions: "Be exact.\n\nYou are helpful.",
      settings: { temperature: 0.5, seed: 7, promptCache: { key: "b" } },
    });
    for await (const _ of careful.stream({ ...question(), instructions: "" })) {
    }
    expect(model.requests.at(-1)?.instructions).toBe("Be exact.");
  });

  it("is the same model in all other things", () => {
    expect(careful).toMatchObject({ provider: "scripted", modelId: "scripted", abilities: { tools: false } });
  });

  it("tells its defaults, with those of a model that it is made of, through other wrappers, too", () => {
    const inner = withDefaults(scriptedModel([]), { settings: { seed: 1, topP: 1 }, instructions: "Be exact." });
    const outer = withDefaults(rateLimited(inner, {}), { settings: { seed: 2 }, instructions: "Be brief." });
    const defaults = { settings: { seed: 2, topP: 1 }, instructions: "Be exact.\n\nBe brief." };
    expect(outer.defaults).toEqual(defaults);
    expect(recorded(rateLimited(outer, {}), "tape.json").defaults).toEqual(defaults);
  });
});
