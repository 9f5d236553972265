// Two protocols that somebody else might bring.
import type { CallHead, ToolProtocol, WrittenCall } from "./tool-protocol.ts";

/** As in the ReAct paper: lines that begin with Action, Action Input and Observation. */
export const reactProtocol: ToolProtocol = {
  describe: (tools) =>
    `Tools:\n${tools.map(({ name, description }) => `${name}: ${description}`).join("\n")}\n\nWrite Action: and Action Input:`,
  writeCall: ({ toolName, input }) => `Action: ${toolName}\nAction Input: ${input}`,
  writeResult: ({ output }) => `Observation: ${output}`,
  callStart: "Action:",
  callEnd: "Observation:",
  readHead(written): CallHead | undefined {
    const head = /^[ \t]*([\w-]+)[ \t]*\nAction Input:\s*(?=\S)/.exec(written);
    return head ? { toolName: head[1] ?? "", inputAt: head[0].length } : undefined;
  },
  readCall: (written) => ({ toolName: written.trim(), input: "" }),
  stopSequences: ["\nObservation:"],
};

/** A block of code, with the name in its first line; its input is never shown while it is being written. */
export const fencedProtocol: ToolProtocol = {
  describe: (tools) => `Call ${tools.map(({ name }) => name).join(", ")} in a block of tool_call.`,
  writeCall: ({ toolName, input }) => `\`\`\`tool_call\n${toolName} ${input}\n\`\`\``,
  writeResult: ({ toolName, output }) => `\`\`\`tool_result\n${toolName}: ${output}\n\`\`\``,
  callStart: "```tool_call\n",
  callEnd: "\n```",
  readHead: () => undefined,
  readCall(written): WrittenCall {
    const [toolName = ""] = written.trim().split(" ", 1);
    return { toolName, input: written.trim().slice(toolName.length).trim() };
  },
};
