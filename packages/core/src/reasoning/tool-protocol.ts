// How tools are called in plain text: what a model without tool calling is told, how its calls are written and read.
import type { ToolMessage } from "../message.ts";
import type { ToolDefinition } from "../tool/tool.ts";

/**
 * A call begins with `callStart` on a line of its own, inside a line only where `{` follows, and goes on to where its
 * input is a whole JSON object, list or string, or to `callEnd`. What `writeCall` writes is what `readHead` and
 * `readCall` read. `languageModelCases` with `promptedReply`, of core/testing, puts a protocol to the test.
 */
export type ToolProtocol = {
  /** Which tools there are and how they are called, for the instructions. Asked once for each list of tools. */
  describe(tools: readonly ToolDefinition[]): string;
  /** A call as the model should write it, `callStart` included. */
  writeCall(call: WrittenCall): string;
  /** What a tool answered. The results of one step become one user message, a line break between two. */
  writeResult(result: ToolMessage): string;
  callStart: string;
  callEnd: string;
  /**
   * The head of a call: its tool, and where its input begins, which is then shown while it is being written. `written` is
   * what follows `callStart` so far, at most 1,000 characters of it. Nothing as long as it cannot be told.
   */
  readHead(written: string): CallHead | undefined;
  /** A call that is over and never had a head. `toolName` is empty where none can be made out. */
  readCall(written: string): WrittenCall;
  /** Where the model would begin to make up results. Added to the request's own, which are then at most 4. */
  stopSequences?: readonly string[];
};

/** `input` is JSON, or whatever the model wrote in its place. */
export type WrittenCall = { toolName: string; input: string };

/** `inputAt` is the first character of the input; `closer` what follows it, where it has to be told from a broken input. */
export type CallHead = { toolName: string; inputAt: number; closer?: string };

/** The protocol that Hermes and Qwen models were trained on, and that others follow when they are told. */
export const hermesProtocol: ToolProtocol = {
  describe: (tools) => `# Tools

You can call these tools, each described by a JSON object:
<tools>
${tools.map(describeTool).join("\n")}
</tools>

To call one, write a JSON object with its name and its arguments between tags, on lines of their own:
<tool_call>
{"name": "name of the tool", "arguments": {"name of an argument": "its value"}}
</tool_call>

- The arguments have to fit the tool's parameters, a JSON Schema. Take their values from the conversation; ask the user for what is missing.
- Several calls may follow one another directly. They run side by side, so none of them can use the result of another.
- Write nothing after your last call. The results come in the next message, between <tool_response> tags; never write them yourself.
- Where no tool is needed, answer without one. The user sees neither calls nor results: say in your answer what matters of them.`,
  writeCall: ({ toolName, input }) =>
    `<tool_call>\n{"name": ${JSON.stringify(toolName)}, "arguments": ${input}}\n</tool_call>`,
  writeResult: ({ toolName, output, isError }) => {
    const answer = output.replaceAll("</tool_response>", "<\\/tool_response>");
    return `<tool_response>\n${toolName}${isError ? " failed" : ""}: ${answer}\n</tool_response>`;
  },
  callStart: "<tool_call>",
  callEnd: "</tool_call>",
  readHead(written) {
    const head = headPattern.exec(written);
    if (!head) return undefined;
    return { toolName: head[1] ?? "", inputAt: head[0].length, closer: "}" };
  },
  readCall: readJsonCall,
  stopSequences: ["<tool_response>"],
};

/** Llama's models say `parameters`. Some put the object into a code block. */
const headPattern = /^\s*(?:```\w*\s*)?\{\s*"name"\s*:\s*"([^"\\]*)"\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\S)/;

function describeTool({ name, description, inputSchema, examples }: ToolDefinition): string {
  const described = { name, description, parameters: inputSchema, ...(examples.length > 0 && { examples }) };
  return JSON.stringify({ type: "function", function: described });
}

/** Any order of the fields, no arguments, or arguments beside the name. */
function readJsonCall(written: string): WrittenCall {
  try {
    const json = written.slice(written.indexOf("{"), written.lastIndexOf("}") + 1);
    const { name, arguments: input, parameters = input, ...rest } = JSON.parse(json) as Record<string, unknown>;
    if (typeof name === "string") return { toolName: name, input: JSON.stringify(parameters ?? rest) };
  } catch {}
  return { toolName: /"name"\s*:\s*"([^"\\]*)"/.exec(written)?.[1] ?? "", input: written.trim() };
}
