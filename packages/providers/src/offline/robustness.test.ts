import { readdirSync, readFileSync } from "node:fs";
import type { Message, ModelRequest } from "@beseda/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { english, russian } from "./corpus/everyday.fake.ts";
import { everydayTools } from "./corpus/everyday-tools.fake.ts";
import { today } from "./corpus/utterance.fake.ts";
import { decide } from "./decide.ts";
import { fillArguments } from "./fill/fill-arguments.ts";
import { readTool } from "./read/read-tool.ts";
import { findValues } from "./values/find-values.ts";

const said = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(...[...english, ...russian].map(([text]) => text)),
);
const toolNames = everydayTools.map(({ name }) => name);

describe("whatever is said, the offline model", () => {
  it("answers or calls, and never throws", () => {
    fc.assert(
      fc.property(said, said, (one, other) => {
        const { text, calls } = decide(asked([{ role: "user", content: one + other }]), today);
        return text !== "" || calls.length > 0;
      }),
      { numRuns: 150 },
    );
  });

  it("understands a request between greeting and thanks as it does alone", () => {
    const plain = english.filter(([text]) => !/[«"']|Hi!|Then|: /.test(text)).map(([text]) => text);
    for (const text of plain) {
      const alone = decide(asked([{ role: "user", content: text }]), today).calls;
      const polite = decide(
        asked([{ role: "user", content: `Hello! ${text}${/[.?!]$/.test(text) ? "" : "."} Thanks!` }]),
        today,
      ).calls;
      expect(polite, text).toEqual(alone);
    }
  });

  it("takes any valid history", () => {
    const turn = fc.tuple(said, fc.constantFrom(...toolNames), fc.jsonValue(), fc.string(), fc.boolean(), said);
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 4 }), said, fc.boolean(), (turns, last, isOpen) => {
        const messages = turns.flatMap(([text, toolName, input, output, isError, answer], at): Message[] => {
          const toolCallId = `call-${at}`;
          return [
            { role: "user", content: text },
            { role: "assistant", content: [{ type: "tool-call", toolCallId, toolName, input }] },
            { role: "tool", toolCallId, toolName, output, ...(isError && { isError: true }) },
            ...(isOpen && at === turns.length - 1
              ? []
              : [{ role: "assistant" as const, content: [{ type: "text" as const, text: answer }] }]),
          ];
        });
        if (!isOpen || turns.length === 0) messages.push({ role: "user", content: last });
        const { text, calls } = decide(asked(messages), today);
        return text !== "" || calls.length > 0;
      }),
      { numRuns: 100 },
    );
  });

  it("takes any JSON Schema, and puts nothing into the prototype", () => {
    const schema = fc.oneof(
      fc.jsonValue(),
      fc.record(
        {
          type: fc.constantFrom("string", "number", "array", ["string", "null"]),
          pattern: fc.string(),
          enum: fc.array(fc.jsonValue()),
        },
        { requiredKeys: [] },
      ),
    );
    const names = fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "city", "from", "to"));
    fc.assert(
      fc.property(fc.array(fc.tuple(names, schema)), said, (properties, text) => {
        const definition = {
          name: "anything",
          description: "Takes anything",
          inputSchema: {
            type: "object",
            properties: Object.fromEntries(properties),
            required: properties.map(([name]) => name),
          },
          examples: [],
        };
        const { input } = fillArguments(readTool(definition), findValues(text, today), today);
        return typeof input === "object" && Object.getPrototypeOf({}) === Object.prototype;
      }),
      { numRuns: 150 },
    );
  });

  it("hands a long text to the tool whole, though it reads only the beginning of it", () => {
    const body = "Lorem ipsum dolor sit amet consectetur. ".repeat(1_000).trim();
    const { calls } = decide(asked([{ role: "user", content: `send to bob@example.com: ${body}` }]), today);
    expect(calls).toEqual([{ toolName: "sendEmail", input: { to: "bob@example.com", body } }]);
  });

  it("ends soon on a message of a megabyte", () => {
    for (const piece of ["a ", "1+", "(", "в Париже и ", '"', "12.", "and ", "Ab "]) {
      const content = piece.repeat(2 ** 20 / piece.length);
      expect(decide(asked([{ role: "user", content }]), today)).toBeDefined();
    }
  }, 20_000);
});

describe("the sources of the offline model", () => {
  const files = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" }).filter(
    (name) => name.endsWith(".ts") && !/\.(?:test|fake)\.ts$/.test(name),
  );

  it.each(files)("hold the name of no tool: %s", (file) => {
    const source = readFileSync(`${import.meta.dirname}/${file}`, "utf8");
    expect(source).not.toMatch(/fetchPage|fetch_page|order_status|get_weather/i);
    // Words in strings, patterns and comments are language; a name would have to stand in the code itself.
    const code = source
      .replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "")
      .replace(/`[^`]*`|"(?:[^"\\\n]|\\.)*"/g, '""')
      .replace(/\/(?:[^/\\\n]|\\.)+\/[a-z]*/g, "");
    expect(code).not.toMatch(/(?<!\w)(?:calculator|clock|remember|recall|forget|weather)(?!\w)/);
  });
});

function asked(messages: Message[]): ModelRequest {
  return { instructions: "", messages, tools: everydayTools, toolChoice: "auto", reasoning: "native", settings: {} };
}
