import { describe, expect, it } from "vitest";
import { columnsOf } from "./columns.ts";
import type { Cells, ColumnType } from "./dataset.ts";
import { datasetOf } from "./open-dataset.ts";

function typeOf(...cells: Cells[string][]): ColumnType | undefined {
  const scanner = columnsOf();
  for (const cell of cells) scanner.add([{ cell }]);
  return scanner.columns()[0]?.type;
}

describe("the columns of rows", () => {
  it("have the type that holds all their cells", () => {
    expect(typeOf(1, null, -2)).toBe("int");
    expect(typeOf(1, 2.5)).toBe("double");
    expect(typeOf(1, "9007199254740993")).toBe("int");
    expect(typeOf("9007199254740993")).toBe("string");
    expect(typeOf("9007199254740993", "x")).toBe("string");
    expect(typeOf(true, null)).toBe("boolean");
    expect(typeOf(null)).toBe("string");
    expect(typeOf(1, "x")).toBe("json");
    expect(typeOf(true, 1)).toBe("json");
    expect(typeOf([])).toBe("json");
    expect(typeOf({})).toBe("json");
  });

  it("are lists and objects of what is in them, and json where these do not agree", () => {
    expect(typeOf([1], [2.5, null], [])).toEqual({ list: "double" });
    expect(typeOf([{ role: "user" }], [{ role: "tool", n: 1 }])).toEqual({
      list: { struct: { role: "string", n: "int" } },
    });
    expect(typeOf({ a: 1 }, { b: { c: [true] } })).toEqual({
      struct: { a: "int", b: { struct: { c: { list: "boolean" } } } },
    });
    expect(typeOf({ a: 1 }, { a: "x" })).toEqual({ struct: { a: "json" } });
    expect(typeOf([1], { a: 1 })).toBe("json");
    expect(typeOf({ "a.b": 1 })).toBe("json");
  });

  it("take no more memory for keys without end: such objects are json", () => {
    expect(typeOf(...Array.from({ length: 200 }, (_, index) => ({ [`key${index}`]: 1 })))).toBe("json");
  });

  it("stand in the order in which they first came", () => {
    const scanner = columnsOf();
    scanner.add([{ b: 1 }, { a: 1, b: 2 }]);
    expect(scanner.columns().map(({ name }) => name)).toEqual(["b", "a"]);
  });
});

describe("a dataset of a program", () => {
  it("numbers its rows, and tells those that are none", async () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const rows = [];
    for await (const read of datasetOf([{ a: new Date(0), b: undefined }, circle, [1]]).rows()) rows.push(...read);
    expect(rows).toEqual([
      { number: 1, cells: { a: "1970-01-01T00:00:00.000Z" } },
      { number: 2, problem: "it cannot be JSON" },
      { number: 3, problem: "it is a list, and a row is an object" },
    ]);
  });
});
