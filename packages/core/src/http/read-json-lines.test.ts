import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonLinesDecoder } from "./read-json-lines.ts";

function values(reads: readonly Uint8Array[]): unknown[] {
  const decoder = jsonLinesDecoder<unknown>({ value: (value, events) => events.push(value), end: () => {} });
  const all: unknown[] = [];
  for (const read of reads) decoder.decode(Buffer.from(read), 0, all, Number.POSITIVE_INFINITY);
  decoder.end(all);
  return all;
}

describe("JSON lines", () => {
  it("give the same values for any values and any chunking, the last line with or without its ending", () => {
    const cases = fc.tuple(
      fc.array(fc.jsonValue()),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom("", "\n", "\r\n\n"),
    );
    fc.assert(
      fc.property(cases, ([sent, size, tail]) => {
        const lines = sent.map((value) => JSON.stringify(value));
        const bytes = Buffer.from(`\uFEFF${lines.join("\n\n")}${tail}`);
        const reads = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        expect(values(reads)).toEqual(lines.map((line) => JSON.parse(line)));
      }),
    );
  });

  it("that are none are left out where whoever reads them takes them, and are an error otherwise", () => {
    const bytes = Buffer.from('{"a":1}\n{"a":\n[]\n<html>');
    const heard: unknown[] = [];
    const failures: unknown[] = [];
    const sink = { value: (value: unknown) => void heard.push(value), end: () => {} };
    const decoder = jsonLinesDecoder({ ...sink, unreadable: (error) => void failures.push(error) });
    decoder.decode(bytes, 0, [], Number.POSITIVE_INFINITY);
    decoder.end([]);
    expect(heard).toEqual([{ a: 1 }, []]);
    expect(failures).toMatchObject([{ code: "bad-response" }, { code: "bad-response" }]);
    expect(() => values([bytes])).toThrow("not JSON");
  });

  it("may be as long as whoever reads them says, and 1 MB otherwise", () => {
    const line = Buffer.from(`"${"x".repeat(1_500_000)}"\n`);
    const read = (longest?: number) => {
      const heard: unknown[] = [];
      const sink = { value: (value: unknown) => void heard.push(value), end: () => {} };
      jsonLinesDecoder(sink, longest).decode(line, 0, [], Number.POSITIVE_INFINITY);
      return heard;
    };
    expect(read(2 * 1024 ** 2)).toHaveLength(1);
    expect(() => read()).toThrow("longer than 1 MB");
  });

  it("are complete when whoever is given them says so", () => {
    let isComplete = false;
    const sink = {
      value: () => {
        isComplete = true;
      },
      end() {},
      get isComplete() {
        return isComplete;
      },
    };
    const decoder = jsonLinesDecoder(sink);
    expect(decoder.isComplete).toBe(false);
    decoder.decode(Buffer.from("1\n"), 0, [], 1);
    expect(decoder.isComplete).toBe(true);
    expect(jsonLinesDecoder({ value() {}, end() {} }).isComplete).toBe(false);
  });

  it("that are no JSON are a bad response that shows where it begins", () => {
    const error = expect.objectContaining({ code: "bad-response", message: expect.stringContaining("<html>") });
    expect(() => values([Buffer.from('{"a":1}\n<html>\n')])).toThrow(error);
  });
});
