// A planned reply as POST /v1/responses has it: whole, and as the events of its stream.
import { randomUUID } from "node:crypto";
import { Refusal } from "../refusal.ts";
import type { PlannedReply } from "../text/plan-text-reply.ts";

type Json = Record<string, unknown>;

/** What both forms begin with. */
export type ResponseHead = { id: string; created_at: number; model: string; hosted: readonly string[] };

export type ResponseError = { code: string; message: string };

/** A reply that is not there yet, or will not come. */
export function unfinished(
  { id, created_at, model }: ResponseHead,
  status: "queued" | "in_progress" | "failed" | "cancelled",
  error: ResponseError | null = null,
): Json {
  return {
    id,
    object: "response",
    created_at,
    status,
    model,
    error,
    incomplete_details: null,
    output: [],
    usage: null,
  };
}

export function wholeResponse(head: ResponseHead, planned: PlannedReply): Json {
  return finished(head, planned, itemsOf(planned, head.hosted));
}

function finished(head: ResponseHead, planned: PlannedReply, items: readonly Json[]): Json {
  const { finish, usage } = planned;
  const reason = { length: "max_output_tokens", "content-filter": "content_filter", stop: null, "tool-calls": null }[
    finish
  ];
  return {
    ...unfinished(head, "in_progress"),
    status: reason ? "incomplete" : "completed",
    incomplete_details: reason && { reason },
    output: items,
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: usage.input + usage.output,
    },
    parallel_tool_calls: true,
  };
}

function itemsOf({ reasoning, texts, toolCalls, script }: PlannedReply, hosted: readonly string[]): Json[] {
  const status = "completed";
  const thought = {
    type: "reasoning",
    id: newId("rs"),
    summary: [],
    content: [{ type: "reasoning_text", text: reasoning }],
  };
  const text = texts.at(-1) ?? "";
  const content = [{ type: "output_text", text, annotations: annotationsOf(script.sources ?? []), logprobs: [] }];
  const message = { type: "message", id: newId("msg"), role: "assistant", status, content };
  return [
    ...(reasoning === "" ? [] : [thought]),
    ...hostedCalls(script.sources ?? [], hosted),
    ...(text === "" && toolCalls.length > 0 ? [] : [message]),
    ...toolCalls.map(({ name, arguments: input = {} }) => ({
      type: "function_call",
      id: newId("fc"),
      call_id: newId("call"),
      name,
      arguments: typeof input === "string" ? input : JSON.stringify(input),
      status,
    })),
  ];
}

type Sources = NonNullable<PlannedReply["script"]["sources"]>;

/** Whatever is cited was found by a tool, in one call of it. */
function hostedCalls(sources: Sources, hosted: readonly string[]): Json[] {
  const types = new Set(sources.map((source) => ("url" in source ? "web_search" : "file_search")));
  return [...types].map((type) => {
    if (!hosted.includes(type)) throw new Refusal(13, `the script cites what ${type} finds, which was not offered`);
    const found = type === "web_search" ? { action: { type: "search", query: "" } } : { queries: [""], results: null };
    return { type: `${type}_call`, id: newId("ws"), status: "completed", ...found };
  });
}

/** The places in the text are documented as 0, and addresses without a scheme are among them. */
function annotationsOf(sources: Sources): Json[] {
  return sources.map((source, index) =>
    "url" in source
      ? { type: "url_citation", url: source.url, title: source.title ?? "", start_index: 0, end_index: 0 }
      : { type: "file_citation", file_id: source.fileId, filename: source.filename, index },
  );
}

export type ResponseStream = {
  events: Json[];
  /** The places of the pieces of the text among the events. */
  pieces: number[];
};

/** Where the script breaks it off, without its last event. */
export function responseEvents(head: ResponseHead, planned: PlannedReply): ResponseStream {
  const items = itemsOf(planned, head.hosted);
  const events: Json[] = [];
  const pieces: number[] = [];
  const push = (type: string, fields: Json) => events.push({ type, sequence_number: events.length, ...fields });
  push("response.created", { response: unfinished(head, "in_progress") });
  push("response.in_progress", { response: unfinished(head, "in_progress") });
  for (const [output_index, item] of items.entries()) {
    const at = { item_id: item.id, output_index };
    push("response.output_item.added", { output_index, item: begun(item) });
    const inText = { ...at, content_index: 0 };
    switch (item.type) {
      case "reasoning":
        push("response.content_part.added", { ...inText, part: { type: "reasoning_text", text: "" } });
        push("response.reasoning_text.delta", { ...inText, delta: planned.reasoning });
        break;
      case "message": {
        const [part] = item.content as [Json & { annotations: Json[] }];
        push("response.content_part.added", { ...inText, part: { ...part, text: "", annotations: [] } });
        for (const delta of deltasOf(planned.texts)) {
          pieces.push(events.length);
          push("response.output_text.delta", { ...inText, delta, logprobs: [] });
        }
        if (planned.script.breaksOff || planned.script.cut) return { events, pieces };
        for (const [annotation_index, annotation] of part.annotations.entries()) {
          push("response.output_text.annotation.added", { ...inText, annotation_index, annotation });
        }
        push("response.output_text.done", { ...inText, text: part.text, logprobs: [] });
        push("response.content_part.done", { ...inText, part });
        break;
      }
      case "function_call":
        for (const delta of String(item.arguments).match(/.{1,12}/gsu) ?? []) {
          push("response.function_call_arguments.delta", { ...at, delta });
        }
        push("response.function_call_arguments.done", { ...at, name: item.name, arguments: item.arguments });
        break;
      default:
        push(`response.${String(item.type)}.in_progress`, at);
        push(`response.${String(item.type)}.completed`, at);
    }
    push("response.output_item.done", { output_index, item });
  }
  const response = finished(head, planned, items);
  push(`response.${String(response.status)}`, { response });
  return { events, pieces };
}

function begun(item: Json): Json {
  const empty = { message: { content: [] }, reasoning: { content: [] }, function_call: { arguments: "" } };
  return { ...item, ...empty[item.type as keyof typeof empty], ...("status" in item && { status: "in_progress" }) };
}

/** What each text adds. Where one does not begin as the one before it, the stream says no more: the end has the text. */
function deltasOf(texts: readonly string[]): string[] {
  const break_ = texts.findIndex((text, index) => !text.startsWith(texts[index - 1] ?? ""));
  const steady = break_ === -1 ? texts : texts.slice(0, break_);
  return steady.map((text, index) => text.slice((steady[index - 1] ?? "").length)).filter((delta) => delta !== "");
}

function newId(prefix: string): string {
  return `${prefix}_${randomUUID().replaceAll("-", "")}`;
}
