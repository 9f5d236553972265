import { describe, expect, it } from "vitest";
import { quirksFor, tailOf } from "./quirks.ts";

const of = (tail: string) => quirksFor(`gpt://b1g/${tail}`);

describe("the quirks of a model of Yandex AI Studio", () => {
  it.each([
    ["yandexgpt/latest", { api: "native", thinks: true, batches: false }],
    ["yandexgpt-5-pro/latest", { api: "native", thinks: true, batches: false }],
    ["yandexgpt/rc", { api: "native", thinks: false, batches: false }],
    ["yandexgpt-5.1/latest", { api: "native", thinks: false, batches: false }],
    ["yandexgpt-lite/latest@tamrabc", { api: "native", thinks: false, batches: false }],
    ["aliceai-llm/latest", { api: "native", thinks: false, batches: false }],
    ["aliceai-llm-flash/latest", { api: "native", thinks: false, batches: false }],
    ["gpt-oss-120b/latest", { api: "openai", batches: true }],
    ["a-model-of-tomorrow/latest", { api: "openai", batches: true }],
    ["m1a2b3/v4", { api: "openai", batches: true }],
  ])("%s are those of its family", (tail, expected) => expect(of(tail)).toMatchObject(expected));

  it("tell only models of others how hard to think", () => {
    expect(of("yandexgpt/rc").chat.leavesOut).toContain("reasoningEffort");
    expect(of("gpt-oss-20b/latest").chat.leavesOut).not.toContain("reasoningEffort");
  });

  it("are what the user declares, wholly or in part", () => {
    const declared = quirksFor("gpt://b1g/own/1", { batches: false, chat: { outputSchema: "always" } });
    const family = of("own/1");
    expect(declared).toEqual({ ...family, batches: false, chat: { ...family.chat, outputSchema: "always" } });
    expect(quirksFor("gpt://b1g/own/1", {})).toBe(family);
  });

  it("go by the name without the folder", () => {
    expect(tailOf("gpt://b1g/yandexgpt")).toBe("yandexgpt/latest");
    expect(tailOf("gpt://b1g/yandexgpt-lite/latest@tamrabc")).toBe("yandexgpt-lite/latest@tamrabc");
  });
});
