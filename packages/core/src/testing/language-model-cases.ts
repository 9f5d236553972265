// What every LanguageModel has to do, as cases that any test runner can run.
import assert from "node:assert/strict";
import { BesedaError } from "../errors.ts";
import type { FinishReason, Usage } from "../message.ts";
import type { LanguageModel } from "../ports/language-model.ts";
import { callsIn, collect, finishOf, joined, lookup, question, textIn } from "./ask-model.ts";
import { type ConformanceCase, type Skipped, withoutSkipped } from "./conformance.ts";
import { modelProtocolCases } from "./model-protocol-cases.ts";
import type { ScriptedReply } from "./scripted-model.ts";

export type ModelHarness = {
  /** A model whose service will give these replies, in this order, whatever it is asked: a fake server, as a rule. */
  answering(replies: readonly ScriptedReply[]): LanguageModel | Promise<LanguageModel>;
  skip?: Skipped;
};

/**
 * The whole suite. `for (const { name, run } of languageModelCases({ answering })) it(name, run)`
 *
 * A model that cannot be told what to say, such as one with rules of its own, runs `modelProtocolCases` alone.
 */
export function languageModelCases({ answering, skip }: ModelHarness): ConformanceCase[] {
  const hello = () => answering([{ text: ["Hello, ", "world"] }, { text: ["Hello, ", "world"] }]);
  return withoutSkipped([...modelProtocolCases(hello), ...contentCases(answering)], skip);
}

function contentCases(answering: ModelHarness["answering"]): ConformanceCase[] {
  const events = async (reply: ScriptedReply) => collect(await answering([reply]), { ...question(), tools: [lookup] });
  return [
    {
      name: "brings every character through: Cyrillic, emoji, U+2028, quotes and line breaks",
      run: async () => {
        const text = 'Привет, мир! 👩‍👩‍👧‍👦 "quoted" \\ \u2028 line\r\nbreak\ttab';
        assert.equal(textIn(await events({ text: [...text] })), text);
      },
    },
    {
      name: "keeps thinking apart from the answer",
      run: async () => {
        const heard = await events({ reasoning: ["Let me ", "think"], text: "42" });
        assert.equal(textIn(heard), "42");
        assert.equal(joined(heard, "reasoning-delta"), "Let me think");
      },
    },
    {
      name: "hands over a tool call with its id, its name and its input as JSON text",
      run: async () => {
        const input = { query: "погода", nested: { list: [1, null, "two"] } };
        const [call] = callsIn(await events({ toolCalls: [{ toolName: "lookup", input }] }));
        assert.equal(call?.toolName, "lookup");
        assert.notEqual(call?.toolCallId, "");
        assert.deepEqual(JSON.parse(call?.input ?? ""), input);
      },
    },
    {
      name: "keeps parallel calls in order, each with an id of its own",
      run: async () => {
        const asked = ["a", "b", "c"].map((query) => ({ toolName: "lookup", input: { query } }));
        const calls = callsIn(await events({ toolCalls: asked }));
        assert.deepEqual(
          calls.map(({ input }) => JSON.parse(input).query),
          ["a", "b", "c"],
        );
        assert.equal(new Set(calls.map(({ toolCallId }) => toolCallId)).size, 3);
      },
    },
    {
      name: "shows the pieces of an input, if at all, so that they make up the whole",
      run: async () => {
        const heard = await events({ toolCalls: [{ toolName: "lookup", input: { query: "all of it" } }] });
        const [call] = callsIn(heard);
        const pieces = heard.filter((event) => event.type === "tool-input-delta");
        if (pieces.length > 0) assert.equal(pieces.map(({ delta }) => delta).join(""), call?.input);
      },
    },
    {
      name: "hands over text before the call that follows it",
      run: async () => {
        const heard = await events({ text: "One moment.", toolCalls: [{ toolName: "lookup", input: { query: "x" } }] });
        assert.equal(textIn(heard), "One moment.");
        const order = heard.map(({ type }) => type);
        assert.ok(order.lastIndexOf("text-delta") < order.indexOf("tool-call"));
      },
    },
    {
      name: "hands over broken arguments as the model wrote them",
      run: async () => {
        const [call] = callsIn(await events({ toolCalls: [{ toolName: "lookup", input: '{"query": "unfinis' }] }));
        assert.equal(call?.input, '{"query": "unfinis');
      },
    },
    ...(["stop", "length", "content-filter"] as const satisfies FinishReason[]).map((finishReason) => ({
      name: `says when it ended for the reason "${finishReason}"`,
      run: async () => assert.equal(finishOf(await events({ text: "So", finishReason })).finishReason, finishReason),
    })),
    {
      name: "says that it ended in order to call tools",
      run: async () => {
        const heard = await events({ toolCalls: [{ toolName: "lookup", input: { query: "x" } }] });
        assert.equal(finishOf(heard).finishReason, "tool-calls");
      },
    },
    {
      name: "reports the usage that the service reports",
      run: async () => {
        const usage: Usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 };
        const { usage: reported } = finishOf(await events({ text: "Hi", usage }));
        assert.equal(reported?.inputTokens, 10);
        assert.equal(reported?.outputTokens, 5);
      },
    },
    {
      name: "throws a BesedaError where the service fails in the middle, after what had arrived",
      run: async () => {
        const model = await answering([
          { text: ["Half of ", "it"], error: new BesedaError("overloaded", { code: "unavailable" }) },
        ]);
        let text = "";
        await assert.rejects(
          (async () => {
            for await (const heard of model.stream(question())) text += textIn(heard);
          })(),
          (error) => error instanceof BesedaError,
        );
        assert.equal(text, "Half of it");
      },
    },
    {
      name: "throws the signal's reason when it is stopped in the middle, though the service goes on",
      run: async () => {
        const stop = new AbortController();
        const reason = new Error("stopped in the middle");
        const model = await answering([{ text: ["Half of ", "it"], hangs: true }]);
        await assert.rejects(
          (async () => {
            for await (const _ of model.stream(question(), { signal: stop.signal })) stop.abort(reason);
          })(),
          (error) => error === reason,
        );
      },
    },
  ];
}
