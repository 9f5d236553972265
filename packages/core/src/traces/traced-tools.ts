// Tools whose work happens inside of their span, so that spans made in it are its children.
import { context } from "@opentelemetry/api";
import type { Tool } from "../tool/tool.ts";
import { contextOfCall } from "./trace-agent.ts";

/**
 * The same tools for an agent that `traceAgent` follows: in `execute` the active span is the call's `execute_tool`, which
 * begins when it does. Costs each call one turn of the event loop.
 */
export function tracedTools(tools: readonly Tool[]): Tool[] {
  return tools.map((tool) => ({
    ...tool,
    async execute(input, toolContext) {
      // Watchers are told in a later turn: after this one the trace knows of the call.
      await new Promise((resolve) => setImmediate(resolve));
      toolContext.signal.throwIfAborted();
      const inside = contextOfCall(toolContext.runId, toolContext.callId) ?? context.active();
      return context.with(inside, () => tool.execute(input, toolContext));
    },
  }));
}
