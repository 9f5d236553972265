import type { ModelEvent } from "@beseda/core";
import { EventReader, jsonLinesDecoder } from "@beseda/core/http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CompletionReply, type CompletionReplyOptions } from "./from-completion.ts";

type Line = { text?: string; calls?: object[]; status?: string; usage?: object; wrapped?: boolean };

function lineOf({ text, calls, status = "PARTIAL", usage, wrapped = true }: Line): string {
  const message = {
    role: "assistant",
    ...(text !== undefined && { text }),
    ...(calls && { toolCallList: { toolCalls: calls.map((functionCall) => ({ functionCall })) } }),
  };
  const response = {
    alternatives: [{ message, ...(status && { status: `ALTERNATIVE_STATUS_${status}` }) }],
    ...(usage && { usage }),
    modelVersion: "09.02.2025",
  };
  return `${JSON.stringify(wrapped ? { result: response } : response)}\n`;
}

/** A reply of these texts so far, the last of them final. */
const streamOf = (texts: readonly string[], status = "FINAL") =>
  texts.map((text, index) => lineOf({ text, ...(index === texts.length - 1 && { status }) })).join("");

async function read(
  reads: readonly (string | Buffer)[],
  { ending = [], ...options }: CompletionReplyOptions & { ending?: [] | [Error] } = {},
): Promise<ModelEvent[]> {
  const reader = new EventReader(jsonLinesDecoder(new CompletionReply(options)));
  const reading = (async () => {
    const all: ModelEvent[] = [];
    for await (const events of reader) all.push(...events);
    return all;
  })();
  for (const each of reads) reader.push(Buffer.from(each));
  reader.close(...ending);
  return reading;
}

function textAfter(events: readonly ModelEvent[]): string {
  let text = "";
  for (const event of events) {
    if (event.type === "text-delta") text += event.text;
    else if (event.type === "text-replace") text = event.text;
  }
  return text;
}

const gistOf = (events: readonly ModelEvent[]) =>
  events.map((event) => ("text" in event ? `${event.type}: ${event.text}` : event.type));

describe("the text of a native stream, which is sent whole each time,", () => {
  it("comes as what is new in each line", async () => {
    const events = await read([streamOf(["One,", "One, two,", "One, two,", "One, two, three."])]);
    expect(gistOf(events)).toEqual(["text-delta: One,", "text-delta:  two,", "text-delta:  three.", "finish"]);
  });

  it("comes anew where the model has rewritten it, and where a filter puts another in its place", async () => {
    expect(gistOf(await read([streamOf(["One, to", "One, two", "One, two!"])]))).toEqual([
      "text-delta: One, to",
      "text-replace: One, two",
      "text-delta: !",
      "finish",
    ]);
    const filtered = await read([streamOf(["How to", "I cannot talk of that."], "CONTENT_FILTER")]);
    expect(gistOf(filtered)).toEqual(["text-delta: How to", "text-replace: I cannot talk of that.", "finish"]);
    expect(filtered.at(-1)).toMatchObject({ finishReason: "content-filter" });
    // Like every other line, an empty one at the end is what the reply is.
    for (const status of ["CONTENT_FILTER", "FINAL"]) {
      expect(gistOf(await read([streamOf(["How to", ""], status)]))).toContain("text-replace: ");
    }
  });

  const pieces = fc.constantFrom("a", "b", "Ж", "😀", "\ud83d", "\ude00", "\n", "\u2028", '"');
  const texts = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(""));
  /** Sometimes longer, sometimes another text. */
  const growing = fc.array(fc.tuple(texts, fc.boolean()), { minLength: 1, maxLength: 12 }).map((steps) => {
    let soFar = "";
    return steps.map(([text, isAnew]) => {
      soFar = isAnew ? text : soFar + text;
      return soFar;
    });
  });

  it("is the last text in the end, whatever the lines are, and no event of it has half a character", async () => {
    await fc.assert(
      fc.asyncProperty(growing, async (said) => {
        const events = await read([streamOf(said)]);
        expect(textAfter(events)).toBe((said.at(-1) ?? "").toWellFormed());
        for (const event of events) {
          if ("text" in event) expect(event.text.isWellFormed()).toBe(true);
          if (event.type === "text-delta") expect(event.text).not.toBe("");
        }
      }),
    );
  });

  it("gives the same events however the network cuts the bytes", async () => {
    const anyCuts = fc.array(fc.nat(), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(growing, anyCuts, async (said, cuts) => {
        const bytes = Buffer.from(streamOf(said).replaceAll("\n", "\r\n\n"));
        const edges = [0, ...cuts.map((at) => at % bytes.length).sort((a, b) => a - b), bytes.length];
        const reads = edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
        expect(await read(reads)).toEqual(await read([bytes]));
      }),
    );
  });

  it("does not keep what it was cut out of", async () => {
    const events = await read([streamOf(["a".repeat(50), "a".repeat(100)])]);
    expect(events.map((event) => ("text" in event ? event.text.length : 0))).toEqual([50, 50, 0]);
  });
});

describe("a native reply", () => {
  it("tells its usage in numbers, reasoning and all, and the version that answered", async () => {
    const usage = {
      inputTextTokens: "18",
      completionTokens: "20",
      totalTokens: "38",
      completionTokensDetails: { reasoningTokens: "12" },
    };
    const [finish] = (await read([lineOf({ text: "4", status: "FINAL", usage })])).slice(-1);
    expect(finish).toEqual({
      type: "finish",
      finishReason: "stop",
      usage: { inputTokens: 18, outputTokens: 20, totalTokens: 38, reasoningTokens: 12 },
      response: { modelVersion: "09.02.2025" },
    });
  });

  it("counts what is only in the total as output, and does without what is missing", async () => {
    const usageOf = async (usage: object) =>
      (await read([lineOf({ text: "4", status: "FINAL", usage })])).at(-1) as { usage?: unknown };
    expect((await usageOf({ inputTextTokens: "10", completionTokens: "5", totalTokens: "22" })).usage).toEqual({
      inputTokens: 10,
      outputTokens: 12,
      totalTokens: 22,
    });
    expect((await usageOf({ inputTextTokens: 10, completionTokensDetails: {} })).usage).toEqual({
      inputTokens: 10,
      outputTokens: 0,
      totalTokens: 10,
    });
  });

  it.each([
    ["FINAL", "stop"],
    ["TRUNCATED_FINAL", "length"],
    ["CONTENT_FILTER", "content-filter"],
    ["UNSPECIFIED", "stop"],
    ["OF_TOMORROW", "stop"],
    ["", "stop"],
  ])("with the status %s has ended for the reason %s", async (status, finishReason) => {
    expect((await read([lineOf({ text: "So", status })])).at(-1)).toMatchObject({ finishReason });
  });

  it("with a status so new that it has a number only has ended like any other", async () => {
    const response = { alternatives: [{ message: { text: "So" }, status: 6 }] };
    expect(gistOf(await read([JSON.stringify({ result: response })]))).toEqual(["text-delta: So", "finish"]);
  });

  it("makes ids for calls, gives their arguments as JSON, and keeps what was said before them", async () => {
    const calls = [{ name: "add", arguments: { xs: [1, 2] } }, { name: "add" }];
    const events = await read([lineOf({ text: "One moment." }), lineOf({ calls, status: "TOOL_CALLS" })]);
    expect(gistOf(events)).toEqual(["text-delta: One moment.", "tool-call", "tool-call", "finish"]);
    const heard = events.filter((event) => event.type === "tool-call");
    expect(heard.map(({ toolName, input }) => `${toolName}(${input})`)).toEqual(['add({"xs":[1,2]})', "add({})"]);
    expect(new Set(heard.map(({ toolCallId }) => toolCallId)).size).toBe(2);
    expect(events.at(-1)).toMatchObject({ finishReason: "tool-calls" });
    const beside = await read([lineOf({ text: "One moment." }), lineOf({ text: "", calls, status: "TOOL_CALLS" })]);
    expect(textAfter(beside)).toBe("One moment.");
  });

  it("is read with and without the envelope, in lines and in one piece", async () => {
    for (const wrapped of [true, false]) {
      const line = lineOf({ text: "Hi", status: "FINAL", wrapped });
      const events = await read([line]);
      expect(gistOf(events)).toEqual(["text-delta: Hi", "finish"]);
      expect(new CompletionReply().whole(JSON.parse(line))).toEqual(events);
    }
  });

  it("whose fields are of another kind is none", async () => {
    const message = (fields: object) =>
      JSON.stringify({ result: { alternatives: [{ message: fields, status: "ALTERNATIVE_STATUS_FINAL" }] } });
    for (const wrong of [{ text: 5 }, { toolCallList: { toolCalls: "x" } }]) {
      await expect(read([message(wrong)])).rejects.toMatchObject({ code: "bad-response" });
    }
    expect(gistOf(await read([message({ toolCallList: { toolCalls: [null] } })]))).toEqual(["tool-call", "finish"]);
  });

  it("is an error where the service tells one in its general shape, first or last", async () => {
    const error = JSON.stringify({ code: 14, message: "overloaded", details: [] });
    for (const text of [error, `${lineOf({ text: "Hal" })}${error}\n`]) {
      await expect(read([text])).rejects.toMatchObject({
        code: "unavailable",
        message: expect.stringContaining("overloaded"),
      });
    }
    expect(() => new CompletionReply().whole({ code: 16, message: "who are you?" })).toThrow(
      expect.objectContaining({ code: "unauthorized", message: expect.stringContaining("who are you?") }),
    );
  });

  it("that ends with a part was cut off; one that says nothing is none", async () => {
    await expect(read([streamOf(["Hal", "Half"], "PARTIAL")])).rejects.toMatchObject({ code: "unavailable" });
    for (const nothing of ["", "null\n", '{"result":{"alternatives":[]}}\n']) {
      await expect(read([nothing])).rejects.toMatchObject({ code: "bad-response", isRetryable: true });
    }
  });

  it("whose connection breaks after its last line is whole", async () => {
    const events = await read([streamOf(["Hi", "Hi!"])], { ending: [new Error("reset")] });
    expect(textAfter(events)).toBe("Hi!");
    await expect(read([streamOf(["Hi"], "PARTIAL")], { ending: [new Error("reset")] })).rejects.toThrow("reset");
  });

  it("that turns into an error throws it, after what had come", async () => {
    const error = { grpcCode: 8, httpCode: 429, message: "quota", httpStatus: "Too Many Requests", details: [] };
    const heard: ModelEvent[] = [];
    const reader = new EventReader(jsonLinesDecoder(new CompletionReply()));
    reader.push(Buffer.from(`${lineOf({ text: "Hal" })}${JSON.stringify({ error })}\n`));
    reader.close();
    const reading = (async () => {
      for await (const events of reader) heard.push(...events);
    })();
    await expect(reading).rejects.toMatchObject({ code: "rate-limited", status: 429 });
    expect(gistOf(heard)).toEqual(["text-delta: Hal"]);
  });
});
