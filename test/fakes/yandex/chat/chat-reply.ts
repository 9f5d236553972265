// A planned reply as POST /v1/chat/completions has it, in one of two manners: YandexGPT's, and that of the models of others.
import { randomUUID } from "node:crypto";
import type { KnownModel } from "../fake-service.ts";
import type { PlannedReply } from "../text/plan-text-reply.ts";

type Json = Record<string, unknown>;

const finishReasons = {
  stop: "stop",
  length: "length",
  "content-filter": "content_filter",
  "tool-calls": "tool_calls",
} as const;

export function chatCompletion(planned: PlannedReply, model: KnownModel): Json {
  const { texts, toolCalls, finish, reasoning } = planned;
  const isOwn = model.ownedBy === "Yandex";
  const message = {
    role: "assistant",
    content: isOwn && toolCalls.length > 0 ? "" : (texts.at(-1) ?? ""),
    ...(!isOwn && reasoning !== "" && { reasoning_content: reasoning }),
    ...(toolCalls.length > 0 && { tool_calls: wireCalls(planned, isOwn) }),
  };
  const choices = [{ index: 0, message, finish_reason: finishReasons[finish] }];
  return { ...envelope(model, "chat.completion"), choices, usage: usageOf(planned) };
}

/** The chunks of a stream, without the closing [DONE]. Those that end it are left out where the script breaks it off. */
export function chatChunks(planned: PlannedReply, model: KnownModel): Json[] {
  const head = envelope(model, "chat.completion.chunk");
  const chunk = (delta: Json, finish: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, finish_reason: finish }],
  });
  const finish = finishReasons[planned.finish];
  const isWhole = !planned.script.breaksOff && !planned.script.cut;
  const contents = deltasOf(planned).map((content): Json => ({ content }));
  if (model.ownedBy === "Yandex") {
    const calls = wireCalls(planned, true);
    // Over the native API its message has a text or calls, not both: so it has here.
    const deltas = calls.length > 0 ? [{ content: "", tool_calls: calls }] : contents;
    if (deltas.length === 0 && isWhole) deltas.push({ content: "" });
    return deltas.map((delta, index) => {
      const isLast = isWhole && index === deltas.length - 1;
      return chunk(index === 0 ? { role: "assistant", ...delta } : delta, isLast ? finish : null);
    });
  }
  const thoughts = planned.reasoning === "" ? [] : [{ reasoning_content: planned.reasoning }];
  const deltas = [{ role: "assistant" }, ...thoughts, ...contents, ...callPieces(wireCalls(planned, false))];
  const chunks: Json[] = deltas.map((delta) => chunk(delta));
  // The usage comes though nobody asked for it.
  return isWhole ? [...chunks, chunk({}, finish), { ...head, choices: [], usage: usageOf(planned) }] : chunks;
}

/**
 * What each text adds. The refusal of moderation comes whole, after what was sent; so does here any text that does
 * not begin as the one before it, of which nothing is known.
 */
function deltasOf({ texts, finish }: PlannedReply): string[] {
  return texts
    .map((text, index) => {
      const before = texts[index - 1] ?? "";
      const isModerated = finish === "content-filter" && index === texts.length - 1;
      const isReplacement = isModerated || !text.startsWith(before);
      return isReplacement ? text : text.slice(before.length);
    })
    .filter((delta) => delta !== "");
}

type WireCall = { index: number; id: string; type: "function"; function: { name: string; arguments: string } };

function wireCalls({ toolCalls }: PlannedReply, isOwn: boolean): WireCall[] {
  return toolCalls.map(({ name, arguments: input = {} }, index) => ({
    index,
    id: isOwn ? name : `chatcmpl-tool-${randomUUID().replaceAll("-", "")}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
}

/** The first piece has id, type and name; those after it have empty ones, and some of the arguments. */
function callPieces(calls: readonly WireCall[]): Json[] {
  return calls.flatMap(({ index, id, type, function: { name, arguments: text } }) => {
    const first = { index, id, type, function: { name, arguments: "" } };
    const rest = (text.match(/.{1,12}/gsu) ?? []).map((piece) => ({
      index,
      id: "",
      type: "",
      function: { name: "", arguments: piece },
    }));
    return [first, ...rest].map((piece) => ({ tool_calls: [piece] }));
  });
}

function usageOf({ usage: { input, output, reasoning } }: PlannedReply): Json {
  return {
    prompt_tokens: input,
    total_tokens: input + output,
    completion_tokens: output,
    ...(reasoning > 0 && { completion_tokens_details: { reasoning_tokens: reasoning } }),
  };
}

/** The models of others leave out the folder. */
function envelope({ uri, name, version, ownedBy }: KnownModel, object: string): Json {
  const isOwn = ownedBy === "Yandex";
  return {
    id: isOwn ? randomUUID() : `chatcmpl-${randomUUID()}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model: isOwn ? uri : `gpt://${name}/${version}`,
  };
}
