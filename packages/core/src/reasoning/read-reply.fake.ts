// What a splitter makes of a reply, in a form that can be compared.
import { expect } from "vitest";
import type { ModelEvent } from "../ports/language-model.ts";
import { ToolCallSplitter } from "./tool-call-splitter.ts";
import { hermesProtocol, type ToolProtocol } from "./tool-protocol.ts";

export const finish: ModelEvent = { type: "finish", finishReason: "stop" };

/** What comes out, joined: text, and `name(input)` for a call; `…` where a call was shown but never handed over. */
export function read(events: readonly ModelEvent[][], splitter = new ToolCallSplitter(hermesProtocol)): string[] {
  const said: string[] = [];
  const inputs = new Map<string, { name: string; input: string; at: number }>();
  let isText = false;
  for (const event of events.flatMap((each) => splitter.split(each))) {
    if (event.type === "text-delta") {
      if (isText) said[said.length - 1] += event.text;
      else said.push(event.text);
    } else if (event.type === "tool-input-start") {
      inputs.set(event.toolCallId, { name: event.toolName, input: "", at: said.push(`${event.toolName}…`) - 1 });
    } else if (event.type === "tool-input-delta") {
      expect(event.delta).not.toBe("");
      const call = inputs.get(event.toolCallId);
      if (call) call.input += event.delta;
    } else if (event.type === "tool-call") {
      const call = inputs.get(event.toolCallId);
      expect(call).toMatchObject({ name: event.toolName, input: event.input });
      said[call?.at ?? -1] = `${event.toolName}(${event.input})`;
    } else if (event.type === "finish") said.push(event.finishReason);
    isText = event.type === "text-delta";
  }
  return said;
}

export function readText(pieces: readonly string[], protocol: ToolProtocol = hermesProtocol): string[] {
  const events = [...pieces.map((text): ModelEvent[] => [{ type: "text-delta", text }]), [finish]];
  return read(events, new ToolCallSplitter(protocol));
}

export const call = (toolName: string, input = "{}") => hermesProtocol.writeCall({ toolName, input });
