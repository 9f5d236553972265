// Tool calls in the words of one kind of server, and cut into deltas in every way that servers have been seen to do it.
import type { ServerStyle } from "./check-chat-request.ts";

/** `arguments` that is a string is sent as it is, so that it can be broken JSON. */
export type ScriptedCall = { name: string; arguments?: unknown; id?: string };

/**
 * How streamed calls are cut into deltas. One call after the other, its id and name first and its arguments in pieces,
 * but for: `interleaved`, the pieces of all calls in turn; `whole`, each call in one delta; `reused-index`, each call
 * with index 0; `no-index`; `no-id`; `empty-id`; `name-in-pieces`; `all-repeated`, id and name with every piece;
 * `arguments-as-object`, not as text. Default: as the style does it.
 */
export type CallPieces =
  | "in-turn"
  | "interleaved"
  | "whole"
  | "reused-index"
  | "no-index"
  | "no-id"
  | "empty-id"
  | "name-in-pieces"
  | "all-repeated"
  | "arguments-as-object";

export type WireCall = { index: number; id: string; type: "function"; function: { name: string; arguments: string } };

type Delta = { tool_calls: object[] };

export function callDeltas(
  calls: readonly ScriptedCall[],
  style: ServerStyle,
  pieces: CallPieces | undefined,
): Delta[] {
  const wireCalls = calls.map((call, index) => wireCall(call, index, style));
  // YandexGPT sends all of them at once.
  if (style === "yandex" && !pieces) return wireCalls.length > 0 ? [{ tool_calls: wireCalls }] : [];
  const cut = wireCalls.map((call) =>
    piecesOf(call, style, pieces ?? (style === "ollama" ? "reused-index" : "in-turn")),
  );
  const ordered = pieces === "interleaved" ? inTurn(cut) : cut.flat();
  return ordered.map((piece) => ({ tool_calls: [piece] }));
}

/** YandexGPT gives the name for an id. */
export function wireCall(
  { name, arguments: input = {}, id }: ScriptedCall,
  index: number,
  style: ServerStyle,
): WireCall {
  const text = typeof input === "string" ? input : JSON.stringify(input);
  const wireId = id ?? (style === "yandex" ? name : `call_${name}_${index + 1}`);
  return { index, id: wireId, type: "function", function: { name, arguments: text } };
}

function piecesOf(call: WireCall, style: ServerStyle, pieces: CallPieces): object[] {
  const { index, id, type } = call;
  const { name, arguments: text } = call.function;
  const inputs = text.match(/.{1,12}/gsu) ?? [];
  const rest = inputs.map((input) => ({ index, function: { arguments: input } }));
  const first = { index, id, type, function: { name, arguments: "" } };
  switch (pieces) {
    case "whole":
      return [call];
    case "arguments-as-object":
      return [{ ...call, function: { name, arguments: JSON.parse(text) } }];
    case "reused-index":
      return style === "ollama" ? [{ ...call, index: 0 }] : [first, ...rest].map((piece) => ({ ...piece, index: 0 }));
    case "no-index":
      return [first, ...rest].map(({ index: _, ...piece }) => piece);
    case "no-id":
      return [{ index, type, function: first.function }, ...rest];
    case "empty-id":
      return [first, ...rest].map((piece) => ({ ...piece, id: "" }));
    case "name-in-pieces": {
      const [start, ...names] = name.match(/.{1,3}/gs) ?? [""];
      return [
        { index, id, type, function: { name: start } },
        ...names.map((each) => ({ index, function: { name: each } })),
        ...rest,
      ];
    }
    case "all-repeated":
      return [first, ...inputs.map((input) => ({ index, id, type, function: { name, arguments: input } }))];
    default: {
      const blank = style === "vllm" ? { id: "", type: "" } : {};
      const blankName = style === "vllm" ? { name: "" } : {};
      return [first, ...rest.map((piece) => ({ ...piece, ...blank, function: { ...blankName, ...piece.function } }))];
    }
  }
}

/** The first of each list, the second of each … */
function inTurn(lists: readonly object[][]): object[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat();
}
