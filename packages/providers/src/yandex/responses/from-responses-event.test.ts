import { BesedaError, type ModelEvent } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { yandexPrices } from "../prices/prices.ts";
import { ResponsesReply } from "./from-responses-event.ts";

const billing = { prices: yandexPrices, modelUri: "gpt://b1gfolder/yandexgpt-lite/latest" };

function heard(...sent: object[]): ModelEvent[] {
  const reply = new ResponsesReply({ toolNames: ["add"], billing });
  const events: ModelEvent[] = [];
  for (const each of sent) reply.event(JSON.stringify(each), "", events);
  reply.end();
  return events;
}

function thrownBy(run: () => unknown): BesedaError {
  try {
    run();
  } catch (error) {
    if (error instanceof BesedaError) return error;
  }
  throw new Error("nothing was thrown");
}

const delta = (text: string) => ({
  type: "response.output_text.delta",
  output_index: 0,
  content_index: 0,
  delta: text,
});
const message = (text: string, annotations: object[] = []) => ({
  type: "message",
  content: [{ type: "output_text", text, annotations }],
});
const completed = (...output: object[]) => ({
  type: "response.completed",
  response: { id: "resp1", status: "completed", output },
});
const call = (args: string, added: object = {}) => ({
  type: "function_call",
  call_id: "add",
  name: "add",
  arguments: args,
  ...added,
});
const page = (url: string, title = "") => ({ type: "url_citation", url, title, start_index: 0, end_index: 0 });

describe("a stream of the Responses API", () => {
  it("whose text was rewritten in the end is told anew, and one that left something out is told to its end", () => {
    expect(heard(delta("One, to"), completed(message("One, two")))).toContainEqual({
      type: "text-replace",
      text: "One, two",
    });
    expect(heard(delta("One, "), completed(message("One, two"))).slice(0, 2)).toEqual([
      { type: "text-delta", text: "One, " },
      { type: "text-delta", text: "two" },
    ]);
    // Nothing to compare with is no contradiction.
    expect(heard(delta("One"), completed()).map(({ type }) => type)).toEqual(["text-delta", "finish"]);
  });

  it("tells each source once, wherever it is cited, pages by a whole address", () => {
    const events = heard(
      delta("So."),
      { type: "response.output_text.annotation.added", output_index: 0, annotation: page("www.rbc.ru") },
      completed(
        message("So.", [
          page("www.rbc.ru"),
          page("https://ria.ru/1", "News"),
          { type: "file_citation", file_id: "fvt1", filename: "a.pdf", index: 0 },
          { type: "container_file_citation", file_id: "fvt2", filename: "plot.png", container_id: "c" },
          { type: "file_path", index: 0 },
        ]),
      ),
    );
    expect(events.flatMap((event) => (event.type === "source" ? [event.source] : []))).toEqual([
      { id: "https://www.rbc.ru", url: "https://www.rbc.ru" },
      { id: "https://ria.ru/1", url: "https://ria.ru/1", title: "News" },
      { id: "fvt1", filename: "a.pdf" },
      { id: "fvt2", filename: "plot.png" },
    ]);
  });

  it("gives calls of one function ids of their own where the service gives both the function's name", () => {
    const events = heard(
      { type: "response.output_item.added", output_index: 0, item: call("") },
      { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"x":' },
      { type: "response.function_call_arguments.delta", output_index: 0, delta: "1}" },
      completed(call('{"x":1}'), call('{"x":2}')),
    );
    const calls = events.filter((event) => event.type === "tool-call");
    expect(calls.map(({ input }) => input)).toEqual(['{"x":1}', '{"x":2}']);
    expect(new Set(calls.map(({ toolCallId }) => toolCallId)).size).toBe(2);
    expect(events.at(-1)).toMatchObject({ finishReason: "tool-calls" });
  });

  it("that left out the end of a call's arguments is told it by the whole reply", () => {
    const events = heard(
      { type: "response.output_item.added", output_index: 0, item: call("") },
      { type: "response.function_call_arguments.delta", output_index: 0, delta: '{"x":' },
      completed(call('{"x":1}')),
    );
    expect(events.find((event) => event.type === "tool-call")).toMatchObject({ input: '{"x":1}' });
  });

  it("whose end leaves out what the stream had, such as the thinking, tells each text and each call once", () => {
    const thinking = { type: "response.output_item.done", output_index: 0, item: { type: "reasoning", summary: [] } };
    const said = heard(
      thinking,
      { ...delta("Hello"), output_index: 1 },
      { type: "response.output_item.done", output_index: 1, item: message("Hello") },
      completed(message("Hello")),
    );
    expect(said.map(({ type }) => type)).toEqual(["text-delta", "finish"]);
    const one = call('{"x":1}', { call_id: "c1" });
    const two = call('{"x":2}', { call_id: "c2" });
    const called = heard(
      thinking,
      { type: "response.output_item.added", output_index: 1, item: { ...one, arguments: "" } },
      { type: "response.function_call_arguments.delta", output_index: 1, delta: '{"x":1}' },
      { type: "response.output_item.added", output_index: 2, item: { ...two, arguments: "" } },
      { type: "response.function_call_arguments.delta", output_index: 2, delta: '{"x":2}' },
      completed(one, two),
    );
    expect(called.flatMap((event) => (event.type === "tool-call" ? [[event.toolCallId, event.input]] : []))).toEqual([
      ["c1", '{"x":1}'],
      ["c2", '{"x":2}'],
    ]);
  });

  it("keeps calls apart in streams that number nothing", () => {
    const [one, two] = ["c1", "c2"].map((call_id) => call(`{"of":"${call_id}"}`, { call_id }));
    const added = (item = {}) => ({ type: "response.output_item.added", item: { ...item, arguments: "" } });
    const done = (item = {}) => ({ type: "response.output_item.done", item });
    for (const end of [[done(one), done(two), completed()], [completed(one ?? {}, two ?? {})]]) {
      const events = heard(added(one), added(two), ...end);
      expect(events.flatMap((event) => (event.type === "tool-call" ? [[event.toolCallId, event.input]] : []))).toEqual([
        ["c1", '{"of":"c1"}'],
        ["c2", '{"of":"c2"}'],
      ]);
    }
  });

  it("goes on past entries that are nothing", () => {
    const broken = { type: "message", content: [null, { type: "output_text", text: "Yes.", annotations: [null] }] };
    const events = heard({
      type: "response.completed",
      response: { status: "completed", output: [null, { type: "reasoning", summary: [null] }, broken] },
    });
    expect(events.map(({ type }) => type)).toEqual(["text-delta", "finish"]);
  });

  it("that ends without its output is whole by the items that came before", () => {
    const events = heard(
      { type: "response.output_item.done", output_index: 0, item: message("Yes.", [page("a.ru")]) },
      { type: "response.output_item.done", output_index: 1, item: call("{}", { call_id: "c1" }) },
      completed(),
    );
    expect(events.map(({ type }) => type)).toEqual([
      "text-delta",
      "source",
      "tool-input-start",
      "tool-input-delta",
      "tool-call",
      "finish",
    ]);
  });

  it("tells the thinking once, from wherever it comes", () => {
    const thought = { type: "reasoning", summary: [{ type: "summary_text", text: "Hm." }], content: [] };
    const live = { type: "response.reasoning_summary_text.delta", output_index: 0, delta: "Hm." };
    for (const events of [heard(live, completed(thought)), heard(completed(thought))]) {
      expect(events.filter(({ type }) => type === "reasoning-delta")).toEqual([
        { type: "reasoning-delta", text: "Hm." },
      ]);
    }
  });

  it("says why it ended, with what it cost: tokens by the table, hosted tools by the call", () => {
    const ended = (response: object, ...items: object[]) =>
      heard({ type: "response.incomplete", response: { status: "incomplete", output: items, ...response } }).at(-1);
    expect(ended({ incomplete_details: { reason: "max_output_tokens" } })).toMatchObject({ finishReason: "length" });
    expect(ended({ incomplete_details: { reason: "content_filter" } })).toMatchObject({
      finishReason: "content-filter",
    });
    const usage = {
      input_tokens: 900,
      input_tokens_details: { cached_tokens: 100 },
      output_tokens: 100,
      output_tokens_details: { reasoning_tokens: 40 },
      total_tokens: 1_000,
    };
    const search = { type: "web_search_call", status: "completed" };
    // 1 × 0.20 for the tokens, 2 × 0.915 for the searches
    expect(ended({ usage }, search, search, message("So."))).toMatchObject({
      usage: { inputTokens: 900, cachedInputTokens: 100, reasoningTokens: 40, totalTokens: 1_000, cost: { RUB: 2.03 } },
    });
    const priceless = ended({ usage }, { type: "image_generation_call" });
    expect(priceless).toMatchObject({ usage: { totalTokens: 1_000 } });
    expect(priceless).not.toHaveProperty("usage.cost");
  });

  it("that breaks off, fails or reports an error throws, and says whether asking again may help", () => {
    expect(thrownBy(() => heard(delta("Half"))).message).toContain("cut off");
    const failed = { code: "server_error", message: "overloaded" };
    const tooLong = { code: "model_call_error", message: "number of input tokens must be no more than 8192, got 9136" };
    for (const last of [
      { type: "error", ...failed },
      { type: "error", error: failed },
      { type: "response.failed", response: { status: "failed", error: failed, output: [] } },
      { type: "response.in_progress", response: { error: failed } },
    ]) {
      expect(thrownBy(() => heard(last))).toMatchObject({ code: "unavailable", isRetryable: true });
    }
    const response = { status: "failed", error: tooLong, output: [] };
    expect(thrownBy(() => heard({ type: "response.failed", response }))).toMatchObject({
      code: "too-large",
      isRetryable: false,
    });
    expect(thrownBy(() => heard({ type: "response.failed", response: { status: "failed" } }))).toMatchObject({
      code: "unavailable",
    });
  });
});

describe("a reply in one piece", () => {
  it("that is none, or is still to be made, is a bad response and no empty answer", () => {
    const unmade = ["queued", "in_progress"].map((status) => ({ id: "r", status, output: [] }));
    for (const body of [
      { hello: 1 },
      null,
      { status: "completed", output: null },
      { output: "x" },
      { output: [null] },
      ...unmade,
    ]) {
      expect(thrownBy(() => new ResponsesReply({ toolNames: [], billing }).whole(body))).toMatchObject({
        code: "bad-response",
      });
    }
  });
});
