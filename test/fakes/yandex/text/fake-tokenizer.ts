// The tokenizer of the fake's text models: short pieces of words, with the marks that the service's tokenizer has.
import type { TextRequest } from "./text-script.ts";

export type FakeToken = { id: string; text: string; special: boolean };

/** Begins with `<s>`; a space is part of what follows it, as `▁`; a line break is `[NL]`. */
export function tokensOf(text: string): FakeToken[] {
  return [special("<s>"), ...plainTokens(text)];
}

/** Of an answer, or of a part of a prompt: without marks of its own. */
export function countTokens(text: string): number {
  return plainTokens(text).length;
}

/** A whole request as the model gets it: roles, texts, calls and results, and the tools that it may call. */
export function promptTokens({ messages, tools }: Pick<TextRequest, "messages" | "tools">): FakeToken[] {
  const told = tools.flatMap((tool) => plainTokens(JSON.stringify(tool)));
  const said = messages.flatMap(({ role, text, toolCalls = [], toolResults = [] }) => [
    ...plainTokens(`${role}:`),
    ...plainTokens(text),
    ...toolCalls.flatMap((call) => plainTokens(JSON.stringify(call))),
    ...toolResults.flatMap((result) => plainTokens(JSON.stringify(result))),
    special("[SEP]"),
  ]);
  return [special("<s>"), ...told, ...said];
}

/** The longest beginning of a text that has so many tokens at most. */
export function firstTokens(text: string, count: number): string {
  return piecesOf(text).slice(0, count).join("");
}

function plainTokens(text: string): FakeToken[] {
  return piecesOf(text).map((piece, index) => {
    if (piece === "\n") return special("[NL]");
    const isFirstWord = index === 0 && !piece.startsWith(" ");
    const marked = isFirstWord ? `▁${piece}` : piece.replace(" ", "▁");
    return { id: idOf(marked), text: marked, special: false };
  });
}

/** All of the text, cut: words with the space before them, long ones in several pieces; signs; line breaks. */
function piecesOf(text: string): string[] {
  const words = text.match(/\n| ?[\p{L}\p{M}\p{N}]+| ?[^\p{L}\p{M}\p{N}\s]|[^\S\n]/gu) ?? [];
  return words.flatMap((word) => word.match(/^ ?.{1,6}|.{1,6}/gsu) ?? []);
}

function special(text: string): FakeToken {
  return { id: text === "<s>" ? "1" : text === "[NL]" ? "3" : "4", text, special: true };
}

/** Always the same for the same piece. */
function idOf(piece: string): string {
  let hash = 0;
  for (const letter of piece) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 128_000;
  return String(hash + 10);
}
