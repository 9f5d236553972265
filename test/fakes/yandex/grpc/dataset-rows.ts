// What the service makes of uploaded rows: which kinds of datasets there are, and what is wrong with a row of one.
import { countTokens } from "../text/fake-tokenizer.ts";

type Json = Record<string, unknown>;

/** `rowNumbers` from 1, which is not verified; nor is what the service calls its errors. */
export type RowError = { error: string; errorDescription: string; rowNumbers: string[] };

/** Gives what is wrong with a row; undefined where nothing is. */
type RowCheck = (row: Json) => string | undefined;

export const rowChecks: Readonly<Record<string, RowCheck>> = {
  TextToTextGenerationRequest: (row) => only(row, ["request"]) ?? dialog(row.request, "text"),
  TextToTextGeneration: (row) =>
    only(row, ["request", "response"]) ?? dialog(row.request, "text") ?? answered(row) ?? size(row),
  ImageTextToTextGenerationRequest: (row) => only(row, ["request"]) ?? dialog(row.request, "content"),
  ImageTextToTextGeneration: (row) =>
    only(row, ["request", "response"]) ?? dialog(row.request, "content") ?? answered(row),
  TextClassificationMultilabel: classified,
  TextClassificationMulticlass: (row) => {
    const { text: _, ...classes } = row;
    const chosen = Object.values(classes).filter((value) => value === 1);
    return classified(row) ?? (chosen.length === 1 ? undefined : "exactly one class has to be 1");
  },
  TextEmbeddingsPair: (row) => only(row, ["anchor", "positive"]) ?? texts(row, ["anchor", "positive"]),
  TextEmbeddingsTriplet: (row) =>
    only(row, ["anchor", "positive", "negative"]) ?? texts(row, ["anchor", "positive", "negative"]),
};

/** JSON lines as rows, and what is wrong with them; alike mistakes are one error. Without errors, all rows are good. */
export function readRows(taskType: string, bytes: Buffer): { rows: Json[]; total: number; errors: RowError[] } {
  const lines = bytes.toString().replace(/\n$/, "").split("\n");
  if (bytes.length === 0)
    return {
      rows: [],
      total: 0,
      errors: [{ error: "EmptyDataset", errorDescription: "the dataset has no rows", rowNumbers: [] }],
    };
  const rows: Json[] = [];
  const found = new Map<string, RowError>();
  const classes = new Set<string>();
  for (const [index, line] of lines.entries()) {
    const row = parsed(line);
    const problem = row
      ? (rowChecks[taskType]?.(row) ?? otherClasses(taskType, row, classes))
      : "the line is no JSON object";
    if (row && problem === undefined) {
      rows.push(row);
      continue;
    }
    const error = found.get(problem ?? "") ?? {
      error: row ? "InvalidRow" : "InvalidJson",
      errorDescription: problem ?? "",
      rowNumbers: [],
    };
    found.set(problem ?? "", error);
    error.rowNumbers.push(String(index + 1));
  }
  return { rows, total: lines.length, errors: [...found.values()] };
}

/** The columns of a dataset are those of its first row. */
function otherClasses(taskType: string, row: Json, classes: Set<string>): string | undefined {
  if (!taskType.startsWith("TextClassification")) return undefined;
  const names = Object.keys(row);
  if (classes.size === 0) for (const name of names) classes.add(name);
  return names.length === classes.size && names.every((name) => classes.has(name))
    ? undefined
    : "the classes are not those of the first row";
}

function parsed(line: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function only(row: Json, names: readonly string[]): string | undefined {
  const unknown = Object.keys(row).find((name) => !names.includes(name));
  return unknown === undefined ? undefined : `unknown field '${unknown}'`;
}

function dialog(request: unknown, content: "text" | "content"): string | undefined {
  if (!Array.isArray(request) || request.length === 0) return "'request' has to be a list of messages";
  for (const message of request as unknown[]) {
    if (!isObject(message)) return "a message has to be an object";
    const stray = only(message, ["role", content]);
    if (stray) return stray;
    if (!["system", "user", "assistant"].includes(String(message.role)))
      return `unknown role '${String(message.role)}'`;
    const problem = content === "text" ? texts(message, ["text"]) : pieces(message.content);
    if (problem) return problem;
  }
  return undefined;
}

function pieces(content: unknown): string | undefined {
  if (!Array.isArray(content) || content.length === 0) return "'content' has to be a list";
  for (const piece of content as unknown[]) {
    const kind = isObject(piece) ? String(piece.type) : "";
    if (!isObject(piece) || !["text", "image"].includes(kind))
      return "a piece of 'content' has to be a text or an image";
    const problem = only(piece, ["type", kind]) ?? texts(piece, [kind]);
    if (problem) return problem;
    if (kind === "image" && !/^[A-Za-z0-9+/]+={0,2}$/.test(String(piece.image))) return "'image' has to be base64";
  }
  return undefined;
}

function answered(row: Json): string | undefined {
  return texts(row, ["response"]);
}

function size({ request, response }: Json): string | undefined {
  const prompt = (request as Json[]).reduce((sum, { text }) => sum + countTokens(String(text)), 0);
  const answer = countTokens(String(response));
  if (answer > 2_000) return "the response has more than 2000 tokens";
  return prompt + answer > 8_000 ? "request and response have more than 8000 tokens" : undefined;
}

function classified({ text, ...classes }: Json): string | undefined {
  const names = Object.keys(classes);
  const wrong = texts({ text }, ["text"]);
  if (wrong) return wrong;
  if (names.length === 0 || names.length > 100) return "there have to be 1 to 100 classes";
  if (names.some((name) => name.length > 100)) return "the name of a class has more than 100 characters";
  if (countTokens(String(text)) > 8_000) return "the text has more than 8000 tokens";
  const other = names.find((name) => classes[name] !== 0 && classes[name] !== 1);
  return other === undefined ? undefined : `class '${other}' has to be 0 or 1`;
}

function texts(row: Json, names: readonly string[]): string | undefined {
  const wrong = names.find((name) => typeof row[name] !== "string" || row[name] === "");
  return wrong === undefined ? undefined : `'${wrong}' has to be a text`;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
