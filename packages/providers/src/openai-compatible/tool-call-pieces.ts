// Puts tool calls together from the pieces that servers stream, some of which lack ids, indexes or both.
import type { ModelEvent } from "@beseda/core";
import type { ChatToolCallPiece } from "./chat-wire.ts";

type OpenCall = {
  toolCallId: string;
  /** As the server wrote it; empty where it wrote none. */
  wireId: string;
  index: number | undefined;
  name: string;
  input: string;
  isShown: boolean;
};

/**
 * A piece belongs to the call with its id, else to the one with its index, else to the last. It begins a new call when it
 * brings another id, or a name where the call at hand already has its own, for there are servers that number every call 0.
 */
export class ToolCallPieces {
  readonly #toolNames: readonly string[];
  readonly #calls: OpenCall[] = [];

  /** The names of the tools tell two short names from one long one in pieces. */
  constructor(toolNames: readonly string[]) {
    this.#toolNames = toolNames;
  }

  add(piece: ChatToolCallPiece, events: ModelEvent[]): void {
    const id = String(piece.id ?? "");
    const name = piece.function?.name ?? "";
    const input = textOfArguments(piece.function?.arguments);
    let call = this.#callOf(id, piece.index ?? undefined);
    if (!call || this.#isAnother(call, id, name, input)) call = this.#begin(id, piece.index ?? undefined, name);
    else if (name !== call.name) call.name += name;
    if (call.wireId === "") call.wireId = id;
    if (input === "") return;
    if (!call.isShown) {
      call.isShown = true;
      events.push({ type: "tool-input-start", toolCallId: call.toolCallId, toolName: call.name });
    }
    call.input += input;
    events.push({ type: "tool-input-delta", toolCallId: call.toolCallId, delta: input });
  }

  /** The whole calls, in the order in which they began. Arguments that never came are `{}`. */
  finish(events: ModelEvent[]): void {
    for (const { toolCallId, name, input } of this.#calls) {
      if (name === "" && input === "") continue;
      events.push({ type: "tool-call", toolCallId, toolName: name, input: input.trim() === "" ? "{}" : input });
    }
  }

  #callOf(id: string, index: number | undefined): OpenCall | undefined {
    const calls = this.#calls;
    if (id !== "") {
      const same = calls.findLast((call) => call.wireId === id && (index === undefined || call.index === index));
      if (same) return same;
    }
    return index === undefined ? calls.at(-1) : calls.findLast((call) => call.index === index);
  }

  #isAnother(call: OpenCall, id: string, name: string, input: string): boolean {
    if (id !== "" && call.wireId !== "" && id !== call.wireId) return true;
    if (name === "") return false;
    // Some repeat the name with every piece; only after whole arguments does it begin a second call, and not with the
    // spaces that models write after them.
    if (name === call.name) return input.trim() !== "" && isWholeObject(call.input);
    return call.input !== "" || (this.#toolNames.includes(name) && this.#toolNames.includes(call.name));
  }

  #begin(id: string, index: number | undefined, name: string): OpenCall {
    const call = { toolCallId: this.#uniqueId(id, name), wireId: id, index, name, input: "", isShown: false };
    this.#calls.push(call);
    return call;
  }

  /** The server's id where it is one: YandexGPT sends the name of the function, others the same id twice or none. */
  #uniqueId(id: string, name: string): string {
    const isUsable = id !== "" && id !== name && !this.#calls.some((call) => call.toolCallId === id);
    return isUsable ? id : `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
  }
}

function textOfArguments(input: string | object | null | undefined): string {
  if (typeof input === "string") return input;
  return input === null || input === undefined ? "" : JSON.stringify(input);
}

function isWholeObject(text: string): boolean {
  if (!text.trimEnd().endsWith("}")) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
