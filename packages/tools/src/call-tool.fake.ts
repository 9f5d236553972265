// Calls a tool as the loop does: the input is held to the schema first. For tests.
import type { Tool, ToolContext } from "@beseda/core";

export async function calledWith<Output>(
  tool: Tool<Record<string, unknown>, Output>,
  input: Record<string, unknown>,
  context: Partial<ToolContext> = {},
): Promise<Output> {
  const validation = await tool.validate(input);
  if (!validation.ok) throw new Error(validation.problem);
  return tool.execute(input, {
    signal: new AbortController().signal,
    progress: () => {},
    callId: "call-1",
    runId: "run-1",
    threadId: undefined,
    userId: undefined,
    ownerId: undefined,
    context: undefined,
    ...context,
  });
}
