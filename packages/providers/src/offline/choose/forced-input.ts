// A call that the caller insists on, though the message does not hold all of its arguments.

import { fillArguments, setAt } from "../fill/fill-arguments.ts";
import { writeMoment } from "../fill/write-value.ts";
import { dayOf, isoDay } from "../language/days.ts";
import type { Field } from "../read/read-field.ts";
import type { ReadTool } from "../read/read-tool.ts";
import { findValues } from "../values/find-values.ts";
import { rankTools } from "./choose-tool.ts";

/** The likeliest tool; what is missing becomes the plainest value that the schema takes. */
export function forcedInput(
  text: string,
  tools: readonly ReadTool[],
  now: Date,
): { toolName: string; input: Record<string, unknown> } {
  const values = findValues(text, now);
  const tool = rankTools(tools, values, now)[0]?.tool ?? (tools[0] as ReadTool);
  const { input, missing } = fillArguments(tool, values, now);
  for (const field of missing) setAt(input, field.path, plainest(field, text, now));
  return { toolName: tool.definition.name, input };
}

function plainest(field: Field, text: string, now: Date): unknown {
  const { minimum } = field.schema;
  switch (field.kind) {
    case "choice":
      return field.choices?.[0];
    case "boolean":
      return false;
    case "number":
      return typeof minimum === "number" ? minimum : 0;
    case "list":
      return [];
    case "moment":
      return writeMoment({ date: isoDay(dayOf(now)), time: "00:00", start: 0, end: 0 }, field, now);
    default:
      return text.trim();
  }
}
