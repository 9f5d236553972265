import type { BatchReply, ModelRequest } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { type LineProblem, matchReplies, type ResultRow } from "./batch-replies.ts";
import { type BatchOptions, batchRows, toBatchOptions } from "./batch-rows.ts";

function request(text: string, more: Partial<ModelRequest> = {}): ModelRequest {
  const messages = [{ role: "user" as const, content: text }];
  return { instructions: "", messages, tools: [], toolChoice: "auto", reasoning: "off", settings: {}, ...more };
}

const row = (text: string, response: unknown): ResultRow => ({ request: [{ role: "user", text }], response });

async function matched(texts: string[], rows: ResultRow[], problems: LineProblem[] = []): Promise<string[]> {
  async function* given() {
    yield* rows;
  }
  const replies: BatchReply[] = [];
  const requests = texts.map((text) => request(text));
  const result = { requests, rows: given, problems, resultDatasetId: "fdsresult" };
  for await (const reply of matchReplies(result)) replies.push(reply);
  return replies.map(({ index, events, error }) => `${index} ${events ? JSON.stringify(events[0]) : error?.message}`);
}

const said = (text: string) => JSON.stringify({ type: "text-delta", text });

describe("the replies of a batch", () => {
  it("find their requests by what was asked, whatever the order", async () => {
    const rows = [row("c", "C"), row("a", "A"), row("b", "B")];
    expect(await matched(["a", "b", "c"], rows)).toEqual([`2 ${said("C")}`, `0 ${said("A")}`, `1 ${said("B")}`]);
  });

  it("go one to each of requests that are the same", async () => {
    const rows = [row("a", "one"), row("b", "B"), row("a", "two")];
    expect(await matched(["a", "a", "b"], rows)).toEqual([`0 ${said("one")}`, `2 ${said("B")}`, `1 ${said("two")}`]);
  });

  it("that are missing are errors, with what the service says of their lines, however it counts them", async () => {
    const told = "The service could not answer request 2 of the batch: too long";
    const rows = [row("a", "A"), row("c", "C")];
    const fromOne = await matched(["a", "b", "c"], rows, [{ first: 2, last: 2, message: "too long" }]);
    const fromZero = await matched(["a", "b", "c"], rows, [{ first: 1, last: 1, message: "too long" }]);
    expect([fromOne.at(-1), fromZero.at(-1)]).toEqual([`1 ${told}`, `1 ${told}`]);
    const silent = await matched(["a", "b"], [row("a", "A"), row("b", null)]);
    expect(silent.at(-1)).toBe("1 The service gave no reply to request 2 of the batch.");
    const lost = await matched(["a", "b"], [row("a", "A")], [{ first: 90, last: 99, message: "batch 9 broke" }]);
    expect(lost.at(-1)).toContain("batch 9 broke");
  });

  it("to other requests are given to none, and where they are is said", async () => {
    const [only] = await matched(["a"], [row("x", "X"), row("y", "Y")]);
    expect(only).toContain("2 replies belong to none of the 1 requests");
    expect(only).toContain("in the dataset fdsresult");
    expect((await matched(["a"], [row("x", "X")]))[0]).toContain("1 replies belong to none");
  });

  it.each([
    ["a line end less", { request: [{ role: "user", text: "caf\u00e9\r\nb" }] }],
    ["other forms of letters", { request: [{ role: "user", text: "cafe\u0301\nb\n" }] }],
    ["the role in capitals", { request: [{ role: "USER", text: "caf\u00e9\nb\n" }] }],
    [
      "the answer appended",
      {
        request: [
          { role: "user", text: "caf\u00e9\nb\n" },
          { role: "assistant", text: "A" },
        ],
      },
    ],
    ["JSON text", { request: JSON.stringify([{ role: "user", text: "caf\u00e9\nb\n" }]) }],
  ])("find their requests with %s", async (_, { request }) => {
    const rows = [row("z", "Z"), { request, response: "A" }];
    expect(await matched(["caf\u00e9\nb\n", "z"], rows)).toEqual([`1 ${said("Z")}`, `0 ${said("A")}`]);
  });

  it("whose requests are not known again are told by their places, unless the order is another", async () => {
    const strange = { request: "a b", response: "A" };
    expect(await matched(["a", "b"], [strange, row("b", "B")])).toEqual([`1 ${said("B")}`, `0 ${said("A")}`]);
    const turned = await matched(["a", "b", "c"], [strange, row("c", "C"), row("b", "B")]);
    expect(turned.at(-1)).toContain("1 replies belong to none of the 3 requests");
    const fewer = await matched(["a", "b", "c"], [strange, row("b", "B")]);
    expect(fewer.at(-1)).toContain("1 replies belong to none");
  });

  it("say that one of several is meant where lines may be counted either way", async () => {
    const replies = await matched(["a", "b", "c"], [row("a", "A")], [{ first: 2, last: 2, message: "too long" }]);
    for (const reply of replies.slice(1))
      expect(reply).toContain("It reports of one of those without a reply: too long.");
  });
});

describe("the error of a request without a reply", () => {
  async function errorsOf(problems: LineProblem[], rows = [row("a", "A")]) {
    async function* given() {
      yield* rows;
    }
    const errors: unknown[] = [];
    const result = { requests: ["a", "b"].map((text) => request(text)), rows: given, problems, resultDatasetId: "fds" };
    for await (const { error } of matchReplies(result)) if (error) errors.push([error.code, error.isRetryable]);
    return errors;
  }

  it("says whether another batch may answer it: not where the line was at fault, but where a part of the batch broke", async () => {
    expect(await errorsOf([{ first: 2, last: 2, message: "too long" }])).toEqual([["rejected", false]]);
    expect(await errorsOf([{ first: 2, last: 2, message: "broke", isOfMany: true }])).toEqual([["unavailable", true]]);
    expect(await errorsOf([])).toEqual([["unavailable", true]]);
    const ofOthers = await errorsOf([], [row("x", "X"), row("y", "Y")]);
    expect(ofOthers).toEqual(Array(2).fill(["bad-response", false]));
  });
});

describe("replies to many requests", () => {
  it("all find their places, however many requests share a content and however they are mixed", async () => {
    const texts = Array.from({ length: 5_000 }, (_, index) => `${index % 3_000}`);
    const rows = texts.map((text, index) => row(text, `${text} of ${index}`)).reverse();
    const replies = await matched(texts, rows);
    expect(replies).toHaveLength(texts.length);
    const places = new Set(replies.map((reply) => Number(reply.split(" ", 1)[0])));
    expect(places.size).toBe(texts.length);
    for (const reply of replies) {
      const [, index, text] = /^(\d+) .*"text":"(\d+) of/.exec(reply) ?? [];
      expect(texts[Number(index)]).toBe(text);
    }
  });

  it("are read again only where their requests came back changed", async () => {
    let reads = 0;
    const count = async (rows: ResultRow[]) => {
      reads = 0;
      async function* given() {
        reads++;
        yield* rows;
      }
      const result = { requests: [request("a"), request("b ")], rows: given, problems: [], resultDatasetId: "fds" };
      for await (const { error } of matchReplies(result)) expect(error).toBeUndefined();
      return reads;
    };
    expect(await count([row("b ", "B"), row("a", "A")])).toBe(1);
    expect(await count([row("a", "A"), row("b", "B")])).toBe(2);
    expect(await count([row("a", "A"), row("c", "B")])).toBe(3);
  });
});

describe("the requests of a batch", () => {
  async function rowsOf(requests: ModelRequest[]): Promise<{ rows: unknown[]; options: BatchOptions | undefined }> {
    let options: BatchOptions | undefined;
    const rows: unknown[] = [];
    for await (const each of batchRows(requests, (settled) => (options = settled))) rows.push(each);
    return { rows, options };
  }

  it("are rows of system, user and assistant texts", async () => {
    const { rows, options } = await rowsOf([
      request("And 2?", {
        instructions: "Count.",
        messages: [
          { role: "user", content: "1?" },
          {
            role: "assistant",
            content: [
              { type: "reasoning", text: "hm" },
              { type: "text", text: "One." },
            ],
          },
          {
            role: "user",
            content: [
              { type: "text", text: "And" },
              { type: "text", text: "2?" },
            ],
          },
        ],
        settings: { temperature: 0, maxOutputTokens: 5 },
      }),
    ]);
    expect(rows).toEqual([
      {
        request: [
          { role: "system", text: "Count." },
          { role: "user", text: "1?" },
          { role: "assistant", text: "One." },
          { role: "user", text: "And\n\n2?" },
        ],
      },
    ]);
    expect(options && toBatchOptions(options, { thinks: false })).toEqual({
      completionOptions: { temperature: { value: 0 }, maxTokens: { value: 5 } },
    });
  });

  it("share their options: the row that differs is named", async () => {
    const other = (more: Partial<ModelRequest>) => rowsOf([request("a"), request("b"), request("c", more)]);
    await expect(other({ settings: { temperature: 1 } })).rejects.toThrow("Row 3 has another temperature");
    await expect(other({ outputSchema: { type: "object" } })).rejects.toThrow("Row 3 has another outputSchema");
    await expect(other({ reasoning: "native" })).rejects.toThrow("Row 3 has another reasoning");
  });

  it("have no tools and no images: what to do instead is said", async () => {
    const tool = { name: "t", description: "", inputSchema: { type: "object" }, examples: [] };
    await expect(rowsOf([request("a"), request("b", { tools: [tool] })])).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining("Row 2"),
      hint: expect.stringContaining("promptedTools"),
    });
    const messages = [
      { role: "user" as const, content: [{ type: "image" as const, image: "data:image/png;base64,aGk=" }] },
    ];
    await expect(rowsOf([request("", { messages })])).rejects.toMatchObject({ code: "unsupported" });
    await expect(rowsOf([request(" ")])).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
