import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { outputText, plainOutput } from "./output-text.ts";

describe("outputText", () => {
  const circular: Record<string, unknown> = { name: "loop" };
  circular.self = circular;
  const shared = { a: 1 };
  class Price {
    readonly amount: number;
    constructor(amount: number) {
      this.amount = amount;
    }
  }

  it.each<[unknown, string]>([
    ["text stays text", "text stays text"],
    [undefined, "Done."],
    [null, "null"],
    [{ degrees: 21 }, '{"degrees":21}'],
    [12n, "12"],
    [[1n, () => {}, Symbol("s")], '["1","[function]","[symbol]"]'],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [Buffer.from("abc"), "[3 bytes]"],
    [{ raw: new Uint8Array(5) }, '{"raw":"[5 bytes]"}'],
    [new Map([["k", new Set([1])]]), '{"k":[1]}'],
    [circular, '{"name":"loop","self":"[circular]"}'],
    [[shared, shared], '[{"a":1},{"a":1}]'],
    [new Error("bad"), '{"error":"bad"}'],
    [() => {}, "[function]"],
    [{ body: new ReadableStream(), reply: new Response("x") }, '{"body":"[ReadableStream]","reply":"[Response]"}'],
    [Readable.from(["a"]), "[Readable]"],
    [[Promise.resolve(1), /x/, new URL("http://a/")], '["[Promise]","[RegExp]","http://a/"]'],
    [{ empty: {}, none: Object.create(null), map: new Map() }, '{"empty":{},"none":{},"map":{}}'],
    [JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
    [new Price(5), '{"amount":5}'],
    ["\ud800 lone", "\ufffd lone"],
  ])("says %o as %s", (output, text) => {
    expect(outputText(output, 1_000)).toBe(text);
    // As after a run that was remembered.
    expect(outputText(plainOutput(output), 1_000)).toBe(text);
  });

  it("keeps the beginning and the end of what is too long, and never half a character", () => {
    expect(outputText(`${"a".repeat(100)}${"z".repeat(100)}`, 40)).toBe(
      `${"a".repeat(30)}\n[… 160 of 200 characters left out …]\n${"z".repeat(10)}`,
    );
    for (let cap = 4; cap < 24; cap++) {
      expect(outputText("😀".repeat(50), cap)).not.toMatch(
        /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/,
      );
    }
  });

  it("says so where an output cannot be shown", () => {
    const output = {
      toJSON: () => {
        throw new Error("no");
      },
    };
    expect(outputText(output, 100)).toBe("[the output cannot be shown as text: no]");
  });

  it("says so where even what is thrown cannot be looked at, or the nesting has no end", () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw hostile;
        },
        getPrototypeOf() {
          throw hostile;
        },
      },
    );
    let deep: object = {};
    for (let level = 0; level < 100_000; level++) deep = [deep];
    for (const output of [hostile, [hostile], deep]) {
      expect(outputText(output, 1_000)).toMatch(/^\[the output cannot be shown as text: .+\]$/);
    }
  });

  it("finds a circle that goes through a Map", () => {
    const ofItself = new Map<string, unknown>();
    ofItself.set("self", [ofItself]);
    expect(outputText(ofItself, 100)).toBe('{"self":["[circular]"]}');
  });

  it("does not list the bytes of a large buffer to count them", () => {
    const bytes = Buffer.alloc(10);
    bytes.toJSON = () => expect.fail("it was listed");
    expect(outputText({ bytes }, 100)).toBe('{"bytes":"[10 bytes]"}');
  });
});
