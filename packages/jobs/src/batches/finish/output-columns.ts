// The columns of a batch's output: those of the data set, then what came of each row.
import type { JsonValue } from "@beseda/core";
import type { Cells, Column, ColumnType } from "../../datasets/dataset.ts";
import type { WritableCells } from "../../datasets/row-encoder.ts";
import type { RowResult } from "../batch.ts";

const ours = {
  response: "string",
  reasoning: "string",
  tool_calls: {
    list: { struct: { id: "string", name: "string", input: "string", output: "string", is_error: "boolean" } },
  },
  finish_reason: "string",
  usage: {
    struct: {
      input_tokens: "int",
      output_tokens: "int",
      total_tokens: "int",
      reasoning_tokens: "int",
      cached_input_tokens: "int",
      estimated: "boolean",
    },
  },
  cost: "json",
  error: { struct: { code: "string", message: "string", hint: "string" } },
  model: "string",
  attempts: "int",
} as const satisfies Record<string, ColumnType>;

export type OutputColumns = {
  columns: Column[];
  toCells(result: RowResult): WritableCells;
};

/**
 * A column of the data set that has a name of ours becomes `input_…`, in capitals, too: SQL does not tell them apart.
 * @param currencies those in which something was paid; the cost is then a field for each
 */
export function outputColumns(input: readonly Column[], currencies: readonly string[]): OutputColumns {
  const cost: ColumnType =
    currencies.length === 0 ? "json" : { struct: Object.fromEntries(currencies.map((name) => [name, "double"])) };
  const own = Object.entries<ColumnType>({ ...ours, cost }).map(([name, type]) => ({ name, type }));
  const renamed = renamedColumns(input);
  const columns = [...input.map(({ name, type }) => ({ name: renamed.get(name) ?? name, type })), ...own];
  return { columns, toCells: (result) => outputCells(inputCells(result.cells, renamed), result) };
}

function renamedColumns(input: readonly Column[]): Map<string, string> {
  const taken = new Set([...Object.keys(ours), ...input.map(({ name }) => name.toLowerCase())]);
  const renamed = new Map<string, string>();
  for (const { name } of input) {
    if (!Object.hasOwn(ours, name.toLowerCase())) continue;
    let other = `input_${name}`;
    while (taken.has(other.toLowerCase())) other = `input_${other}`;
    taken.add(other.toLowerCase());
    renamed.set(name, other);
  }
  return renamed;
}

function inputCells(cells: Cells, renamed: ReadonlyMap<string, string>): Cells {
  if (renamed.size === 0) return cells;
  return Object.fromEntries(Object.entries(cells).map(([name, value]) => [renamed.get(name) ?? name, value]));
}

function outputCells(
  input: Cells,
  { response, reasoning, toolCalls, finishReason, usage, error, model, attempts }: RowResult,
) {
  return {
    response,
    reasoning,
    tool_calls: toolCalls.map(({ id, name, input, output, isError }) => ({
      id,
      name,
      input,
      output,
      is_error: isError,
    })),
    finish_reason: finishReason,
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      total_tokens: usage.totalTokens,
      reasoning_tokens: usage.reasoningTokens ?? null,
      cached_input_tokens: usage.cachedInputTokens ?? null,
      estimated: usage.estimated ?? false,
    },
    cost: (usage.cost ?? null) as JsonValue,
    error: error && { code: error.code, message: error.message, hint: error.hint ?? null },
    model,
    attempts,
    // Last: V8 takes a microsecond for each property that stands after a spread.
    ...input,
  } satisfies Record<keyof typeof ours, JsonValue>;
}
