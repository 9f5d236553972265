// A tool of plain JSON Schema that does nothing.
import { type Tool, tool } from "@beseda/core";

export function plainTool(name: string, description: string, properties: object, required: readonly string[]): Tool {
  const inputSchema = { type: "object", properties, required };
  return tool({ name, description, inputSchema, execute: () => "" }) as Tool;
}
