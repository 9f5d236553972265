// What a model or an agent is asked by a row: a prompt, a list of messages, or a request as Yandex AI Studio writes it.
import type { JsonValue } from "@beseda/core";
import type { Cells } from "../dataset.ts";
import { fromMessages } from "./from-messages.ts";
import { fromRequest } from "./from-request.ts";
import { isThere, type RowInput, RowProblem, textIn } from "./row-parts.ts";

/**
 * By the first of these columns that is there; all others are of no account here.
 * - `prompt`: a text
 * - `messages`: `[{ role, content }]` as OpenAI writes them, with texts, pictures (`image_url`), calls of tools and their
 *   results; what the system says stands at the beginning, and the last is the user's
 * - `request`: `[{ role, text }]`, or with a `content` of texts and pictures in base64, as Yandex AI Studio wants the rows of
 *   TextToTextGeneration, ImageTextToTextGeneration and their requests
 * - `text`: that of its classifiers
 *
 * Lists may be JSON in a text, as CSV has them.
 */
export function rowInput(cells: Cells): RowInput {
  try {
    for (const [column, read] of kinds) {
      const cell = cells[column];
      if (isThere(cell)) return read(cell);
    }
    return { problem: nothingToAnswer(cells) };
  } catch (flaw) {
    if (flaw instanceof RowProblem) return { problem: flaw.message };
    throw flaw;
  }
}

const kinds: readonly [column: string, read: (cell: JsonValue) => RowInput][] = [
  ["prompt", (cell) => ({ input: textIn(cell, "prompt") })],
  ["messages", fromMessages],
  ["request", fromRequest],
  ["text", (cell) => ({ input: textIn(cell, "text") })],
];

function nothingToAnswer(cells: Cells): string {
  if (isThere(cells.anchor) && isThere(cells.positive)) {
    return "it is a pair or a triplet for embeddings (anchor, positive): there is nothing to answer";
  }
  const names = Object.keys(cells);
  const empty = kinds.map(([column]) => column).filter((column) => names.includes(column));
  if (empty.length > 0) return `${empty.join(" and ")} ${empty.length === 1 ? "is" : "are"} empty`;
  const listed =
    names.length === 0 ? "no columns" : `only ${names.slice(0, 10).join(", ")}${names.length > 10 ? " …" : ""}`;
  return `it has no prompt, messages, request or text, but ${listed}`;
}
