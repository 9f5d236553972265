import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import type { AnySchema, StandardSchema } from "./json-schema.ts";
import { tool } from "./tool.ts";

const withSchema = (inputSchema: AnySchema) => tool({ name: "try", description: "", inputSchema, execute: () => {} });

/** Any library that implements Standard Schema with JSON Schema. */
const standard: StandardSchema<{ n: number }> = {
  "~standard": {
    version: 1,
    vendor: "other",
    validate: async (value) =>
      typeof (value as { n: unknown }).n === "number"
        ? { value: value as { n: number } }
        : { issues: [{ message: "has to be a number", path: [{ key: "n" }] }] },
    jsonSchema: { input: () => ({ type: "object", properties: { n: { type: "number" } }, required: ["n"] }) },
  },
};

const expected = { type: "object", properties: { n: { type: "number" } }, required: ["n"] };

describe("tool() takes", () => {
  it.each<[string, AnySchema]>([
    ["zod 4", z.object({ n: z.number() })],
    ["zod 3", z3.object({ n: z3.number() })],
    ["Standard Schema", standard],
    ["plain JSON Schema", expected],
  ])("%s, in one normal form, and says what does not fit", async (_, schema) => {
    const made = withSchema(schema);
    expect(made.inputSchema).toMatchObject(expected);
    expect(made.inputSchema).not.toHaveProperty("$schema");
    expect(await made.validate({ n: 1 })).toEqual({ ok: true, value: { n: 1 } });
    for (const wrong of [{ n: "one" }, {}, [], null, "text"]) {
      const validation = await made.validate(wrong);
      expect(validation.ok, JSON.stringify(wrong)).toBe(false);
    }
    expect(await made.validate({ n: "one" })).toHaveProperty("problem", expect.stringMatching(/^n: /));
  });

  it("what execute gets from the schema", () => {
    tool({
      name: "typed",
      description: "",
      inputSchema: z.object({ city: z.string(), days: z.number().default(1) }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ city: string; days: number }>(),
    });
    tool({
      name: "typed3",
      description: "",
      inputSchema: z3.object({ city: z3.string() }),
      execute: (input) => expectTypeOf(input).toEqualTypeOf<{ city: string }>(),
    });
    tool({
      name: "plain",
      description: "",
      inputSchema: { type: "object", properties: {} },
      execute: (input) => expectTypeOf(input).toEqualTypeOf<Record<string, unknown>>(),
    });
  });

  it("integers without the bounds of 2^53 that several providers refuse", () => {
    const made = withSchema(z.object({ n: z.int(), small: z.int().max(5) }));
    expect(made.inputSchema).toMatchObject({
      properties: { n: { type: "integer" }, small: { type: "integer", maximum: 5 } },
    });
    expect(JSON.stringify(made.inputSchema)).not.toContain(String(Number.MAX_SAFE_INTEGER));
  });

  it("a field with a default as one that may be left out", async () => {
    const made = withSchema(z.object({ days: z.number().default(3) }));
    expect(made.inputSchema.required ?? []).toEqual([]);
    expect(await made.validate({})).toEqual({ ok: true, value: { days: 3 } });
  });
});

describe("tool() refuses, when it is made,", () => {
  it.each<[string, AnySchema, RegExp]>([
    ["an empty schema", {}, /is empty/],
    ["a schema without an object at the top", z.string(), /does not have an object at the top/],
    ["a union at the top", z.union([z.object({}), z.object({})]), /does not have an object at the top/],
    ["a date, which JSON does not have", z.object({ when: z.date() }), /cannot be expressed as JSON Schema/],
    ["nothing", undefined as unknown as AnySchema, /is missing/],
    [
      "a library that cannot say its JSON Schema",
      { "~standard": { version: 1, vendor: "valibot", validate: (value: unknown) => ({ value }) } },
      /valibot schema does not say/,
    ],
  ])("%s", (_, schema, message) => {
    expect(() => withSchema(schema)).toThrow(message);
    expect(() => withSchema(schema)).toThrow(
      expect.objectContaining({ code: "invalid-argument", hint: expect.any(String) }),
    );
  });

  it.each(["", "has space", "точка", "x".repeat(65)])("the name %j", (name) => {
    expect(() => tool({ name, description: "", inputSchema: { type: "object" }, execute: () => {} })).toThrow(
      "cannot be the name",
    );
  });
});

describe("validation", () => {
  it("survives 10,000 levels of nesting and a refinement that throws", async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level++) deep = [deep];
    const json: z.ZodType = z.lazy(() => z.union([z.number(), z.array(json)]));
    expect((await withSchema(z.object({ deep: json })).validate({ deep })).ok).toBeTypeOf("boolean");
    const throwing = z.object({}).refine(() => {
      throw new Error("refinement broke");
    });
    expect(await withSchema(throwing).validate({})).toEqual({
      ok: false,
      problem: "it could not be checked: refinement broke",
    });
  });

  it("lists ten problems and counts the rest", async () => {
    const shape = Object.fromEntries(Array.from({ length: 14 }, (_, n) => [`f${n}`, z.string()]));
    const validation = await withSchema(z.object(shape)).validate({});
    expect(validation).toHaveProperty("problem", expect.stringMatching(/and 4 more$/));
  });
});

describe("replay", () => {
  const replayOf = (more: object) =>
    tool({ name: "try", description: "", inputSchema: { type: "object" }, execute: () => {}, ...more }).replay;

  it("is safe by default only for tools that say they change nothing", () => {
    expect(replayOf({})).toBe("never");
    expect(replayOf({ effects: "read" })).toBe("safe");
    expect(replayOf({ effects: "none" })).toBe("safe");
    expect(replayOf({ effects: "external" })).toBe("never");
    expect(replayOf({ effects: "external", replay: "safe" })).toBe("safe");
  });
});
