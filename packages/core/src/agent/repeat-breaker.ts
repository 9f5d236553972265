// A model that repeats the same call will not find out anything new: it is nudged, then stopped.
import { BesedaError } from "../errors.ts";
import type { ToolCallPart } from "../message.ts";

const nudgeAt = 3;
const stopAt = 5;

/** Counts the calls of one run by tool name and arguments, whatever the order of the keys. */
export class RepeatBreaker {
  #counts: Map<string, number> | undefined;

  /**
   * The note to add to the call's result, if any.
   * @throws BesedaError `tool-loop` at the fifth identical call, before it is carried out.
   */
  note(call: ToolCallPart): string | undefined {
    const key = `${call.toolName} ${JSON.stringify(canonical(call.input))}`;
    this.#counts ??= new Map();
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count >= stopAt) {
      throw new BesedaError(`The model called ${call.toolName} ${count} times with the same arguments.`, {
        code: "tool-loop",
        hint: "Say in the tool's description when it should not be called again, or take a stronger model.",
      });
    }
    if (count < nudgeAt) return undefined;
    return `This is call ${count} of ${call.toolName} with the same arguments; the run ends at ${stopAt}. Use the results you have, change the arguments, or answer the user.`;
  }
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, canonical(inner)]);
}
