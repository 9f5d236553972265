import type { JsonSchema } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { isStrictSchema } from "./strict-schema.ts";

describe("the schemas that OpenAI takes strictly", () => {
  const city = {
    type: "object",
    properties: {
      city: { type: "string", description: "Its name" },
      places: { type: "array", items: { anyOf: [{ $ref: "#/$defs/place" }, { type: "null" }] } },
    },
    required: ["city", "places"],
    additionalProperties: false,
    $defs: { place: { type: "object", properties: {}, required: [], additionalProperties: false } },
  };

  it("are those that leave nothing open", () => {
    expect(isStrictSchema(city)).toBe(true);
  });

  it.each<[string, JsonSchema]>([
    ["field that may be missing", { ...city, required: ["city"] }],
    ["room for more fields", { ...city, additionalProperties: true }],
    ["keyword that it does not know", { ...city, properties: { ...city.properties, city: { minLength: 1 } } }],
    ["format that it does not know", { ...city, $defs: { place: { type: "string", format: "uri" } } }],
    ["open object in a list", { ...city, $defs: { place: { type: "object", properties: {} } } }],
    ["keyword in a list", { ...city, properties: { ...city.properties, places: { items: { minLength: 1 } } } }],
    ["keyword in a choice", { ...city, properties: { ...city.properties, city: { anyOf: [{ minLength: 1 }] } } }],
    ["open object that may be null", { ...city, $defs: { place: { type: ["object", "null"] } } }],
    ["choice in place of an object", { ...city, anyOf: [] }],
  ])("have no %s", (_name, schema) => {
    expect(isStrictSchema(schema)).toBe(false);
  });
});
