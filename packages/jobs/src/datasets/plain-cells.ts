// Whether a value that JSON.parse has made can be a row: an object of plain data that is safe to hand on.

/** Levels of nesting. Deeper values make JSON.stringify and whoever walks them run out of stack. */
const deepest = 100;

/** What is wrong with it, such as `it is a list, and a row is an object`; nothing for what can be the cells of a row. */
export function plainCells(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return `it is ${kindOf(value)}, and a row is an object`;
  if (Array.isArray(value)) return "it is a list, and a row is an object";
  return problemIn(value);
}

/** What keeps a value that JSON.parse has made from being handed on. */
export function problemIn(holder: object, depth = 0): string | undefined {
  if (depth > deepest) return `it is nested more than ${deepest} levels deep`;
  if (Array.isArray(holder)) {
    for (const value of holder) {
      const problem = problemOf(value, depth);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  for (const key in holder) {
    const value = (holder as Record<string, unknown>)[key];
    // Merged into another object, these would turn against all objects.
    if (key === "__proto__") return "it has a key __proto__, which is not taken";
    if (key === "constructor" && typeof value === "object" && value !== null && Object.hasOwn(value, "prototype")) {
      return "it has a key prototype in a constructor, which is not taken";
    }
    if (!key.isWellFormed()) return `its key ${JSON.stringify(key)} has half of a character`;
    const problem = problemOf(value, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value.isWellFormed() ? undefined : "a text in it has half of a character";
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "a number in it is too large";
  return typeof value === "object" && value !== null ? problemIn(value, depth + 1) : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return typeof value === "string" ? "a text" : `a ${typeof value}`;
}
