// What every LanguageModel has to do, whatever it says.
import assert from "node:assert/strict";
import type { LanguageModel, ModelRequest } from "../ports/language-model.ts";
import { collect, finishOf, lookup, question, textIn } from "./ask-model.ts";
import { type ConformanceCase, type Skipped, withoutSkipped } from "./conformance.ts";

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
