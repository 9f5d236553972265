// Arguments as models get them wrong, 1,000 kinds, through a whole agent: what is certain is repaired, all is validated.
import { Agent, type AnySchema, type StreamPart, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import { type Kind, malformedKinds } from "./malformed-arguments.ts";

const schemas: Record<string, AnySchema> = {
  zod4: z.object({
    tags: z.array(z.string()),
    options: z.object({ exact: z.boolean(), note: z.string().nullable() }),
    count: z.int().min(1).max(100),
    city: z.string().min(1),
  }),
  zod3: z3.object({
    tags: z3.array(z3.string()),
    options: z3.object({ exact: z3.boolean(), note: z3.string().nullable() }),
    count: z3.number().int().min(1).max(100),
    city: z3.string().min(1),
  }),
  plain: {
    type: "object",
    properties: {
      tags: { type: "array", items: { type: "string" } },
      options: {
        type: "object",
        properties: { exact: { type: "boolean" }, note: { type: ["string", "null"] } },
        required: ["exact", "note"],
      },
      count: { type: "integer", minimum: 1, maximum: 100 },
      city: { type: "string", minLength: 1 },
    },
    required: ["tags", "options", "count", "city"],
  },
};
const toolNames = Object.keys(schemas);

/** What the tools of the run at hand were given. */
const inputs = new Map<string, unknown[]>();
const tools = toolNames.map((name) =>
  tool({
    name,
    description: "",
    inputSchema: schemas[name] as AnySchema,
    execute: (input: unknown) => void inputs.get(name)?.push(input),
  }),
);

/** What became of one call of a kind. */
type Outcome = {
  kind: Kind;
  toolName: string;
  inputs: unknown[];
  parts: StreamPart[];
  answer: string;
  isError: boolean;
};

describe("1,000 kinds of malformed arguments", () => {
  const outcomes: Outcome[] = [];
  const prototype = Reflect.ownKeys(Object.prototype);
  const unhandled: unknown[] = [];

  beforeAll(async () => {
    const note = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", note);
    const kinds = malformedKinds(1_000);
    expect(new Set(kinds.map(({ text, toolName, finishReason }) => `${toolName} ${finishReason} ${text}`)).size).toBe(
      1_000,
    );
    for (const kind of kinds) outcomes.push(...(await outcomesOf(kind)));
    process.off("unhandledRejection", note);
    const repairable = outcomes.filter(({ kind }) => kind.isRepairable);
    const repaired = repairable.filter(({ inputs }) => inputs.length === 1);
    const { seed } = fc.readConfigureGlobal();
    console.log(
      `seed ${seed}: ${kinds.length} kinds × ${toolNames.length} schemas; of ${repairable.length} repairable calls ` +
        `${repaired.length} were repaired and fit; ${outcomes.filter(({ isError }) => isError).length} tool errors`,
    );
  }, 60_000);

  it("end no run and leave no rejection behind", () => {
    expect(outcomes).toHaveLength(1_000 * toolNames.length);
    expect(unhandled).toEqual([]);
  });

  it("reach a tool only if they fit its schema", () => {
    expect(outcomes.filter(({ inputs }) => !inputs.every(fits))).toEqual([]);
    expect(outcomes.filter(({ inputs, isError }) => inputs.length !== (isError ? 0 : 1))).toEqual([]);
  });

  it("become what was meant where that is certain, and only there", () => {
    for (const { kind, inputs } of outcomes) {
      if (kind.becomes === "anything that fits") continue;
      const expected = typeof kind.becomes === "string" ? [] : [kind.becomes];
      expect(inputs, `${kind.name}: ${kind.text.slice(0, 300)}`).toEqual(expected);
    }
  });

  it("are repaired in 95 of 100 cases of fences, trailing commas and cut closing brackets", () => {
    const repairable = outcomes.filter(({ kind }) => kind.isRepairable);
    expect(repairable.length).toBeGreaterThan(300);
    const repaired = repairable.filter(({ inputs }) => inputs.length === 1);
    expect(repaired.length / repairable.length).toBeGreaterThanOrEqual(0.95);
  });

  it("become a tool error with the problem and the schema, for the reader and for the model", () => {
    for (const { kind, toolName, parts, answer, isError } of outcomes) {
      const told = parts.filter(({ type }) => type === "tool-error");
      expect(told, kind.name).toHaveLength(isError ? 1 : 0);
      if (!isError) continue;
      expect(told[0]).toMatchObject({ error: answer });
      if (kind.toolName !== undefined) expect(answer).toMatch(/^There is no tool .* There are: zod4, zod3, plain\./s);
      else {
        expect(answer).toContain(JSON.stringify(tools[toolNames.indexOf(toolName)]?.inputSchema));
        expect(answer).toMatch(/^The input (is not valid JSON: (it |a number |.* is expected )|does not fit: \S)/s);
        if (kind.becomes === "refused") expect(answer, kind.text.slice(0, 300)).toContain("not valid JSON");
        if (kind.becomes === "misfit") expect(answer, kind.text.slice(0, 300)).toContain("does not fit");
      }
    }
  });

  it("change no prototype", () => {
    expect(Reflect.ownKeys(Object.prototype)).toEqual(prototype);
    expect("polluted" in {}).toBe(false);
  });
});

/** One run: the same text to each tool in one step, or to a tool that does not exist. */
async function outcomesOf(kind: Kind): Promise<Outcome[]> {
  const outcomes = toolNames.map((toolName): Outcome => {
    const received: unknown[] = [];
    inputs.set(toolName, received);
    return { kind, toolName, inputs: received, parts: [], answer: "", isError: false };
  });
  const calls = toolNames.map((name, id) => ({
    toolName: kind.toolName ?? name,
    input: kind.text,
    toolCallId: `${id}`,
  }));
  const model = scriptedModel([{ toolCalls: calls, finishReason: kind.finishReason }, { text: "Done" }]);
  const run = new Agent({ model, tools }).stream("Go");
  for await (const part of run.fullStream) {
    if ("toolCallId" in part) outcomes[Number(part.toolCallId)]?.parts.push(part);
  }
  expect(await run.result).toMatchObject({ text: "Done", finishReason: "stop" });
  for (const message of model.requests[1]?.messages ?? []) {
    const outcome = message.role === "tool" ? outcomes[Number(message.toolCallId)] : undefined;
    if (outcome && message.role === "tool")
      Object.assign(outcome, { answer: message.output, isError: message.isError === true });
  }
  return outcomes;
}

/** What the schemas ask for, said by hand. */
function fits(input: unknown): boolean {
  if (!isPlain(input) || !Array.isArray(input.tags) || !isPlain(input.options)) return false;
  const { tags, options, count, city } = input;
  return (
    tags.every(isText) &&
    typeof options.exact === "boolean" &&
    (options.note === null || isText(options.note)) &&
    Number.isInteger(count) &&
    (count as number) >= 1 &&
    (count as number) <= 100 &&
    isText(city) &&
    city !== ""
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.isWellFormed();
}
