import { Agent, BesedaError, type LanguageModel, tool } from "@beseda/core";
import { type ScriptedReply, scriptedModel } from "@beseda/core/testing";
import { describe, expect, it } from "vitest";
import type { ChatSurface } from "./live-answer.ts";
import { showRun } from "./show-run.ts";

const echo = tool({
  name: "echo",
  description: "Says it again",
  inputSchema: { type: "object", properties: { text: { type: "string" } } },
  execute: async () => {
    // Long enough for a frame that shows the tool at work.
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    return "echo";
  },
});

describe("showRun", () => {
  it("shows the text as it is written and nothing of the reasoning", async () => {
    const { frames, shown } = await watch([{ reasoning: "hidden", text: ["One", " and", " two."] }]);
    expect(shown).toBe("One and two.");
    expect(frames.length).toBeGreaterThan(1);
    expect(frames.join()).not.toContain("hidden");
  });

  it("shows the tool at work, and only as long as it works; what was said before it stays", async () => {
    const { frames, shown } = await watch([
      { text: "Let me see.", toolCalls: [{ toolName: "echo", input: { text: "a" } }] },
      { text: "Done." },
    ]);
    expect(frames).toContain("Let me see.\n\n🔧 echo …");
    expect(shown).toBe("Let me see.\n\nDone.");
  });

  it("keeps what was written before a failure, and says that it failed, but nothing of what is inside", async () => {
    const { shown } = await watch([{ text: "The answer is", error: new Error("no table orders_2 at 10.0.0.5") }]);
    expect(shown).toBe("The answer is\n\n⚠️ Something went wrong. Please try again.");
    const away = new BesedaError("http://10.0.0.5 refused the connection.", { code: "unavailable" });
    expect((await watch([{ error: away }])).shown).toBe(
      "⚠️ The model cannot be reached at the moment. Please try again a little later.",
    );
  });

  it("keeps what was written before a stop", async () => {
    const controller = new AbortController();
    const { shown } = await watch([{ text: "Once upon", hangs: true }], {
      signal: controller.signal,
      onFrame: () => controller.abort(),
    });
    expect(shown).toBe("Once upon\n\n⏹ Stopped.");
  });

  it("says why an answer is not whole", async () => {
    expect((await watch([{ text: "Once", finishReason: "length" }])).shown).toMatch(/^Once\n\n✂️ /);
    expect((await watch([{ text: "No.", finishReason: "content-filter" }])).shown).toMatch(/^No\.\n\n🚫 /);
    const calls: ScriptedReply = { toolCalls: [{ toolName: "echo", input: {} }] };
    expect((await watch([calls, calls])).shown).toMatch(/all the steps/);
    expect((await watch([{}])).shown).toBe("(There is no answer.)");
  });

  it("shows a text that its provider writes anew instead of the old one", async () => {
    const model: LanguageModel = {
      provider: "test",
      modelId: "test",
      async *stream() {
        yield [{ type: "text-delta", text: "Two and two is five" }];
        yield [{ type: "text-replace", text: "Two and two is four" }];
        yield [{ type: "finish", finishReason: "stop" }];
      },
    };
    expect((await watch(model)).shown).toBe("Two and two is four");
  });

  it("names the first five sources under the answer, once it is whole", async () => {
    const page = (number: number) => ({ id: `${number}`, url: `https://ria.ru/${number}`, title: `News ${number}` });
    const model: LanguageModel = {
      provider: "test",
      modelId: "test",
      async *stream() {
        yield [{ type: "source", source: page(1) }];
        yield [{ type: "text-delta", text: "Snow." }];
        yield [1, 2, 3, 4, 5, 6].map((number) => ({ type: "source" as const, source: page(number) }));
        yield [{ type: "finish", finishReason: "stop" }];
      },
    };
    const { frames, shown } = await watch(model);
    const links = [1, 2, 3, 4, 5].map((number) => `🔗 News ${number} — https://ria.ru/${number}`);
    expect(shown).toBe(`Snow.\n\n${links.join("\n")}\nand 1 more`);
    expect(frames.filter((frame) => frame.includes("🔗"))).toHaveLength(1);
  });
});

async function watch(
  model: LanguageModel | ScriptedReply[],
  { signal, onFrame }: { signal?: AbortSignal; onFrame?: () => void } = {},
): Promise<{ frames: string[]; shown: string | undefined }> {
  const frames: string[] = [];
  const write = async (text: string): Promise<number> => {
    onFrame?.();
    return frames.push(text);
  };
  const surface: ChatSurface<number> = {
    limit: 4_096,
    paceMs: 0,
    post: write,
    edit: (_id, text) => write(text),
    remove: async () => {},
    retryAfterMs: () => undefined,
    wait: () => new Promise(setImmediate),
  };
  const agent = new Agent({
    model: Array.isArray(model) ? scriptedModel(model) : model,
    tools: [echo],
    maxSteps: 2,
  });
  await showRun(agent.stream("question", { signal }), surface);
  return { frames, shown: frames.at(-1) };
}
