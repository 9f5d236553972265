// What every LanguageModel has to do, as cases that any test runner can run.
import assert from "node:assert/strict";
import { BesedaError } from "../errors.ts";
import type { FinishReason, Usage } from "../message.ts";
import type { LanguageModel, ModelEvent, ModelRequest } from "../ports/language-model.ts";
import { type ConformanceCase, type Skipped, withoutSkipped } from "./conformance.ts";
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

/** The cases that need no particular answer. `open` gives a model that will answer at least twice, with some text. */
export function modelProtocolCases(
  open: () => LanguageModel | Promise<LanguageModel>,
  skip?: Skipped,
): ConformanceCase[] {
  return withoutSkipped(
    [
      {
        name: "says which provider and which model it is",
        run: async () => {
          const model = await open();
          assert.notEqual(model.provider, "");
          assert.notEqual(model.modelId, "");
        },
      },
      {
        name: "ends with one finish, and says nothing after it",
        run: async () => {
          const events = await collect(await open());
          assert.equal(events.filter(({ type }) => type === "finish").length, 1);
          assert.equal(events.at(-1)?.type, "finish");
        },
      },
      {
        name: "hands over no empty list and no empty text",
        run: async () => {
          for await (const events of (await open()).stream(question())) {
            assert.ok(events.length > 0, "an empty list");
            for (const event of events) if (event.type === "text-delta") assert.notEqual(event.text, "");
          }
        },
      },
      {
        name: "says the same whole as streamed",
        run: async () => {
          const model = await open();
          const streamed = textIn(await collect(model));
          assert.notEqual(streamed, "");
          assert.equal(textIn(await collect(model, question(), { streamed: false })), streamed);
        },
      },
      {
        name: "counts tokens in whole numbers that add up, where it counts them",
        run: async () => {
          const { usage } = finishOf(await collect(await open()));
          if (!usage) return;
          for (const count of [usage.inputTokens, usage.outputTokens]) {
            assert.ok(Number.isInteger(count) && count >= 0, `${count} tokens`);
          }
          assert.equal(usage.totalTokens, usage.inputTokens + usage.outputTokens);
        },
      },
      {
        name: "answers two questions at once without mixing them",
        run: async () => {
          const model = await open();
          const [one, other] = await Promise.all([collect(model), collect(model)]);
          assert.equal(textIn(one), textIn(other));
        },
      },
      {
        name: "stays done after the end",
        run: async () => {
          const iterator = (await open()).stream(question())[Symbol.asyncIterator]();
          while (!(await iterator.next()).done) {}
          assert.equal((await iterator.next()).done, true);
        },
      },
      {
        name: "lets its reader leave in the middle",
        run: async () => {
          for await (const _ of (await open()).stream(question())) break;
        },
      },
      {
        name: "throws the signal's reason when it was stopped before the start",
        run: async () => {
          const reason = new Error("stopped early");
          const model = await open();
          await assert.rejects(
            collect(model, question(), { signal: AbortSignal.abort(reason) }),
            (error) => error === reason,
          );
        },
      },
      {
        name: "takes a thread with images, calls, results and failures",
        run: async () => {
          await collect(await open(), { ...question(), messages: longThread, tools: [lookup] });
        },
      },
    ],
    skip,
  );
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

const lookup = {
  name: "lookup",
  description: "Looks something up.",
  inputSchema: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
  examples: [],
};

const onePixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const longThread: ModelRequest["messages"] = [
  { role: "user", content: "Look up two things." },
  {
    role: "assistant",
    content: [
      { type: "reasoning", text: "Two calls." },
      { type: "text", text: "Yes." },
      { type: "tool-call", toolCallId: "one", toolName: "lookup", input: { query: "one" } },
      { type: "tool-call", toolCallId: "two", toolName: "lookup", input: "not JSON", invalid: true },
    ],
  },
  { role: "tool", toolCallId: "one", toolName: "lookup", output: "found" },
  { role: "tool", toolCallId: "two", toolName: "lookup", output: "The input is not valid JSON.", isError: true },
  { role: "assistant", content: [{ type: "text", text: "Found one." }] },
  {
    role: "user",
    content: [
      { type: "text", text: "And what is this?" },
      { type: "image", image: onePixel },
    ],
  },
];

function question(): ModelRequest {
  return {
    instructions: "You are helpful.",
    messages: [{ role: "user", content: "Hello!" }],
    tools: [],
    toolChoice: "auto",
    reasoning: "native",
    settings: {},
  };
}

async function collect(
  model: LanguageModel,
  request: ModelRequest = question(),
  options?: { signal?: AbortSignal; streamed?: boolean },
): Promise<ModelEvent[]> {
  const all: ModelEvent[] = [];
  for await (const events of model.stream(request, options)) all.push(...events);
  return all;
}

function joined(events: ModelEvent[], type: "text-delta" | "reasoning-delta"): string {
  return events.map((event) => (event.type === type ? event.text : "")).join("");
}

function textIn(events: ModelEvent[]): string {
  return joined(events, "text-delta");
}

function callsIn(events: ModelEvent[]) {
  return events.filter((event) => event.type === "tool-call");
}

function finishOf(events: ModelEvent[]): Extract<ModelEvent, { type: "finish" }> {
  const finish = events.find((event) => event.type === "finish");
  assert.ok(finish, "no finish event");
  return finish;
}
