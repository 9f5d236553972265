// What makes a batch fail before it begins: the first thing that is wrong with its file.
export type BatchLine = { customId: string; body: Record<string, unknown> };

export type Complaint = { code: string; message: string; line: number | null; param: string | null };

/** The limit is OpenAI's; a test may do with less. */
export type LineRules = { endpoint: string; models: readonly string[]; mostLines: number };

export function checkLines(content: Buffer, rules: LineRules): { lines: BatchLine[] } | { complaint: Complaint } {
  const lines: BatchLine[] = [];
  const ids = new Set<string>();
  const texts = content.toString().split("\n");
  if (texts.at(-1) === "") texts.pop();
  if (texts.length === 0) return complaint(null, "empty_file", "The input file is empty.");
  if (texts.length > rules.mostLines) {
    return complaint(
      null,
      "too_many_requests",
      `The batch input file contains more than the maximum of ${rules.mostLines} requests.`,
    );
  }
  for (const [at, text] of texts.entries()) {
    const number = at + 1;
    const line = parsed(text);
    if (!line) return complaint(number, "invalid_json_line", "This line is not parseable as valid JSON.");
    const { custom_id: customId, method, url, body, ...others } = line;
    const [other] = Object.keys(others);
    if (other) return complaint(number, "unknown_parameter", `Unknown parameter: '${other}'.`, other);
    if (typeof customId !== "string" || customId === "") {
      return complaint(number, "missing_required_parameter", "Missing required parameter: 'custom_id'.", "custom_id");
    }
    if (ids.has(customId)) {
      return complaint(
        number,
        "duplicate_custom_id",
        `The custom_id '${customId}' is used more than once.`,
        "custom_id",
      );
    }
    ids.add(customId);
    if (method !== "POST") return complaint(number, "invalid_method", "The method must be 'POST'.", "method");
    if (url !== rules.endpoint) {
      return complaint(number, "mismatched_endpoint", `The URL must be that of the batch, '${rules.endpoint}'.`, "url");
    }
    if (!isObject(body))
      return complaint(number, "missing_required_parameter", "Missing required parameter: 'body'.", "body");
    const { model } = body;
    if (!rules.models.includes(String(model))) {
      return complaint(number, "model_not_found", `The model '${model}' does not exist.`, "body.model");
    }
    if (lines[0] && lines[0].body.model !== model) {
      return complaint(number, "mismatched_model", "All requests of a batch must be for the same model.", "body.model");
    }
    lines.push({ customId, body });
  }
  return { lines };
}

function complaint(line: number | null, code: string, message: string, param: string | null = null) {
  return { complaint: { code, message, line, param } };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
