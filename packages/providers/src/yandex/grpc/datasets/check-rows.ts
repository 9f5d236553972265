// Whether rows are what the service wants of them, told before anything is sent. Formats: AI Studio's documentation of datasets.

/** Row formats that are checked; of any other type only that its rows are objects. */
export type DatasetTaskType =
  | "TextToTextGenerationRequest"
  | "TextToTextGeneration"
  | "TextClassificationMultilabel"
  | "TextClassificationMulticlass"
  | "TextEmbeddingsPair"
  | "TextEmbeddingsTriplet"
  | "ImageTextToTextGenerationRequest"
  | "ImageTextToTextGeneration";

export const datasetTaskTypes: readonly DatasetTaskType[] = [
  "TextToTextGenerationRequest",
  "TextToTextGeneration",
  "TextClassificationMultilabel",
  "TextClassificationMulticlass",
  "TextEmbeddingsPair",
  "TextEmbeddingsTriplet",
  "ImageTextToTextGenerationRequest",
  "ImageTextToTextGeneration",
];

export interface RowCheck {
  /** What is wrong with the next row, such as `response is missing`; undefined where nothing is. */
  problem(row: unknown): string | undefined;
}

/** One for each dataset: the classes of a classifier are those of its first row. */
export function rowCheck(taskType: string): RowCheck {
  const check = Object.hasOwn(checks, taskType) ? checks[taskType] : undefined;
  const next = check?.() ?? (() => undefined);
  return { problem: (row) => (isObject(row) ? next(row) : "it is not an object") };
}

type Row = Readonly<Record<string, unknown>>;
type NextRow = (row: Row) => string | undefined;

const checks: Readonly<Record<string, () => NextRow>> = {
  TextToTextGenerationRequest: () => (row) => requestProblem(row.request, textMessageProblem),
  TextToTextGeneration: () => (row) =>
    requestProblem(row.request, textMessageProblem) ?? textProblem(row.response, "response"),
  TextClassificationMultilabel: () => classes(() => undefined),
  TextClassificationMulticlass: () => classes(onlyOne),
  TextEmbeddingsPair: () => texts("anchor", "positive"),
  TextEmbeddingsTriplet: () => texts("anchor", "positive", "negative"),
  ImageTextToTextGenerationRequest: () => (row) => requestProblem(row.request, mixedMessageProblem),
  ImageTextToTextGeneration: () => (row) =>
    requestProblem(row.request, mixedMessageProblem) ?? textProblem(row.response, "response"),
};

const roles = ["system", "user", "assistant"];

function requestProblem(request: unknown, problemOf: (message: Row) => string | undefined): string | undefined {
  if (request === undefined) return "request is missing";
  if (!Array.isArray(request) || request.length === 0) return "request has to be a list of messages";
  for (const [index, message] of request.entries()) {
    const at = `request[${index}]`;
    if (!isObject(message)) return `${at} is not an object`;
    if (!roles.includes(String(message.role))) return `the role of ${at} has to be one of ${roles.join(", ")}`;
    const problem = problemOf(message);
    if (problem) return `${at}: ${problem}`;
  }
  return request.some(({ role }) => role === "user") ? undefined : "request has no message of a user";
}

function textMessageProblem({ text }: Row): string | undefined {
  return textProblem(text, "text");
}

function mixedMessageProblem({ content }: Row): string | undefined {
  if (!Array.isArray(content) || content.length === 0) return "content has to be a list of texts and images";
  for (const part of content) {
    if (!isObject(part)) return "a part of content is not an object";
    if (part.type !== "text" && part.type !== "image") return "the type of a part has to be text or image";
    const problem = part.type === "text" ? textProblem(part.text, "text") : imageProblem(part.image);
    if (problem) return problem;
  }
  return undefined;
}

function imageProblem(image: unknown): string | undefined {
  if (typeof image !== "string" || image === "") return "image is missing";
  return /^[A-Za-z0-9+/]+={0,2}$/.test(image) ? undefined : "image has to be base64, without data: before it";
}

function textProblem(text: unknown, name: string): string | undefined {
  if (text === undefined) return `${name} is missing`;
  if (typeof text !== "string") return `${name} has to be a text`;
  return text.trim() === "" ? `${name} is empty` : undefined;
}

function texts(...names: string[]): NextRow {
  return (row) => {
    for (const name of names) {
      const problem = textProblem(row[name], name);
      if (problem) return problem;
    }
    return undefined;
  };
}

const mostClasses = 100;
const longestClass = 100;

/** A text, and for each class 1 or 0. */
function classes(problemOf: (values: readonly unknown[]) => string | undefined): NextRow {
  let first: string | undefined;
  return ({ text, ...row }) => {
    const names = Object.keys(row);
    const problem = textProblem(text, "text") ?? classNamesProblem(names);
    if (problem) return problem;
    const wrong = names.find((name) => row[name] !== 0 && row[name] !== 1);
    if (wrong !== undefined) return `the class ${excerpt(wrong)} has to be 0 or 1`;
    const sorted = JSON.stringify(names.sort());
    first ??= sorted;
    if (sorted !== first) return `its classes are ${names.map(excerpt).join(", ")}, those of the first row are others`;
    return problemOf(Object.values(row));
  };
}

function classNamesProblem(names: readonly string[]): string | undefined {
  if (names.length === 0) return "it has no class";
  if (names.length > mostClasses) return `it has ${names.length} classes, and ${mostClasses} are allowed`;
  const long = names.find((name) => name.length > longestClass);
  return long && `the name of the class ${excerpt(long)} is longer than ${longestClass} characters`;
}

function onlyOne(values: readonly unknown[]): string | undefined {
  const count = values.filter((value) => value === 1).length;
  return count === 1 ? undefined : `exactly one class has to be 1, and ${count} are`;
}

function excerpt(name: string): string {
  return name.length > 40 ? `${name.slice(0, 40)}…` : name;
}

function isObject(value: unknown): value is Row {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Fewer and more than these the service does not tune from. Limits: AI Studio's documentation, autumn 2025. */
export function countProblem(taskType: string, rows: number): string | undefined {
  if (taskType === "TextToTextGeneration" && rows < 10) return `${rows} rows: tuning takes 10 and more`;
  if (taskType.startsWith("TextClassification") && (rows < 100 || rows > 50_000)) {
    return `${rows} rows: tuning a classifier takes 100 to 50,000`;
  }
  return undefined;
}
