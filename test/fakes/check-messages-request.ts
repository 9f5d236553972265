// What Anthropic refuses in a body of POST /v1/messages: the complaint, or nothing.

export type Json = Record<string, unknown>;

const fields = [
  ...["model", "messages", "system", "max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences"],
  ...["tools", "tool_choice", "thinking", "metadata", "output_config", "cache_control"],
];

/** @returns the message of the 400, or nothing. */
export function complaintAboutMessages(body: Json, signatureOf: (thinking: string) => string): string | undefined {
  try {
    checkFields(body);
    checkMessages(body, signatureOf);
    checkMarks(body);
    if (/\\ud[89ab]/i.test(JSON.stringify(body).replaceAll("\\\\", ""))) refuse("the body is not well-formed Unicode");
    return undefined;
  } catch (complaint) {
    if (complaint instanceof Refusal) return complaint.message;
    throw complaint;
  }
}

class Refusal extends Error {}

function refuse(message: string): never {
  throw new Refusal(message);
}

function checkFields({ model, max_tokens: most, messages, tools, tool_choice: choice, thinking, ...body }: Json): void {
  const strange = Object.keys(body).find((name) => !fields.includes(name));
  if (strange) refuse(`${strange}: Extra inputs are not permitted`);
  if (typeof model !== "string" || !Number.isInteger(most)) refuse("model and max_tokens: Field required");
  if (!Array.isArray(messages) || messages.length === 0) refuse("messages: at least one message is required");
  if (choice !== undefined && tools === undefined) refuse("tool_choice may only be specified while providing tools");
  const budget = Number((thinking as Json | undefined)?.budget_tokens ?? 0);
  if (budget >= Number(most)) refuse("max_tokens must be greater than thinking.budget_tokens");
  for (const tool of (tools as Json[] | undefined) ?? []) {
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool.name))) refuse("tools.name: String should match pattern");
    if ((tool.input_schema as Json | undefined)?.type !== "object") refuse("tools.input_schema.type: Field required");
  }
}

function checkMessages({ messages, thinking }: Json, signatureOf: (thinking: string) => string): void {
  const used = new Set<unknown>();
  let open: unknown[] = [];
  for (const [index, { role, content }] of (messages as Json[]).entries()) {
    const at = `messages.${index}`;
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : (content as Json[]);
    if (role !== "user" && role !== "assistant") refuse(`${at}.role: Input should be 'user' or 'assistant'`);
    if (index === 0 && role !== "user") refuse("messages: first message must use the user role");
    if (!Array.isArray(blocks) || blocks.length === 0) refuse(`${at}: content must not be empty`);
    const answered = blocks.filter(({ type }) => type === "tool_result").map((block) => block.tool_use_id);
    const missing = open.find((id) => !answered.includes(id));
    if (missing) refuse(`${at}: tool_use ids were found without tool_result blocks immediately after: ${missing}`);
    if (answered.some((id) => !open.includes(id))) refuse(`${at}: unexpected tool_use_id found in tool_result blocks`);
    if (new Set(answered).size < answered.length) refuse(`${at}: each tool_use must have a single result`);
    for (const block of blocks) checkBlock(block, at, signatureOf);
    open = blocks.filter(({ type }) => type === "tool_use").map(({ id }) => id);
    for (const id of open) {
      if (used.has(id)) refuse(`${at}: tool_use ids must be unique`);
      used.add(id);
    }
    const isThinking = (thinking as Json | undefined)?.type === "enabled";
    if (isThinking && open.length > 0 && !/thinking/.test(String(blocks[0]?.type))) {
      refuse(`${at}.content.0.type: Expected thinking or redacted_thinking, but found ${blocks[0]?.type}`);
    }
  }
  if (open.length > 0) refuse("messages: the last tool_use blocks have no tool_result");
}

function checkBlock(block: Json, at: string, signatureOf: (thinking: string) => string): void {
  switch (block.type) {
    case "text":
      if (typeof block.text !== "string" || block.text.trim() === "")
        refuse(`${at}: text must contain non-whitespace text`);
      return;
    case "thinking":
      if (block.signature !== signatureOf(String(block.thinking))) refuse(`${at}: Invalid signature in thinking block`);
      return;
    case "redacted_thinking":
      if (typeof block.data !== "string") refuse(`${at}: redacted_thinking.data: Field required`);
      return;
    case "tool_use":
      if (!/^[a-zA-Z0-9_-]+$/.test(String(block.id))) refuse(`${at}: tool_use.id: String should match pattern`);
      if (typeof block.input !== "object" || block.input === null)
        refuse(`${at}: tool_use.input: Input should be an object`);
      return;
    case "image":
    case "document": {
      const source = block.source as Json | undefined;
      const isWhole =
        source?.type === "base64" && typeof source.data === "string" && /\/[a-z]/.test(String(source.media_type));
      const isText = block.type === "document" && source?.type === "text" && typeof source.data === "string";
      if (!isWhole && !isText && !(source?.type === "url" && /^https:/.test(String(source.url))))
        refuse(`${at}: source: Invalid`);
      return;
    }
    case "tool_result":
      return;
    default:
      refuse(`${at}: Input tag '${block.type}' does not match any of the expected tags`);
  }
}

function checkMarks(body: Json): void {
  const marks = JSON.stringify(body).match(/"cache_control":\{/g) ?? [];
  if (marks.length > 4) refuse(`A maximum of 4 blocks with cache_control may be provided. Found ${marks.length}.`);
}
