// What the readers of a run make of its parts: the text, or the object that the text is becoming.
import { PartialJson } from "../tool/partial-json.ts";
import type { StreamPart } from "./stream-part.ts";

/** An object that is still being written: everything in it may be missing. */
export type PartialOutput<Output> = Output extends readonly (infer Item)[]
  ? PartialOutput<Item>[]
  : Output extends object
    ? { [Key in keyof Output]?: PartialOutput<Output[Key]> }
    : Output;

/** Parts of sub-agents are none of the answer. Throws the error that the run failed with. */
export function textPicker(): (part: StreamPart) => string | undefined {
  let isFirst = true;
  return (part) => {
    if (part.parentCallId !== undefined) return undefined;
    switch (part.type) {
      case "text-delta":
        return part.text;
      case "text-start": {
        const gap = isFirst ? undefined : "\n\n";
        isFirst = false;
        return gap;
      }
      case "text-replace":
        return part.text === "" ? undefined : `\n${part.text}`;
      case "error":
        throw part.error;
      default:
        return undefined;
    }
  };
}

/** A new snapshot for each piece that adds to the object; a new block of text begins a new one. */
export function partialOutputPicker<Output>(): (part: StreamPart) => PartialOutput<Output> | undefined {
  let json = new PartialJson();
  let shown: unknown;
  return (part) => {
    if (part.parentCallId !== undefined) return undefined;
    if (part.type === "error") throw part.error;
    if (part.type !== "text-delta" && part.type !== "text-start" && part.type !== "text-replace") return undefined;
    if (part.type !== "text-delta") json = new PartialJson();
    if (part.type !== "text-start") json.push(part.text);
    const { value } = json;
    if (value === shown || typeof value !== "object" || value === null) return undefined;
    shown = value;
    // As far as it goes it is what the schema asks for, or the run will fail.
    return value as PartialOutput<Output>;
  };
}
