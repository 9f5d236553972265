// What the fake's model says, as a completion, as the chunks of a stream, or as an error.
import { complaintAbout } from "@beseda/core/testing";
import { Refusal } from "./refusal.ts";

/** What is asked of the model; `number` counts all requests from 0, those in batches too. */
export type Asked = {
  body: Record<string, unknown>;
  number: number;
  /** Of a request in a batch. */
  batchId?: string;
  customId?: string;
};

export type FakeAnswer =
  | {
      text?: string;
      toolCalls?: readonly { name: string; arguments: unknown }[];
      finishReason?: string;
      usage?: Record<string, unknown>;
    }
  | { status: number; message: string; code?: string };

/** @throws Refusal as the endpoint does: for a body that it does not take, and what the script refuses */
export function completion(asked: Asked, answer: (asked: Asked) => FakeAnswer): Record<string, unknown> {
  const { body } = asked;
  const complaint = complaintAbout(body, "openai");
  if (complaint) throw new Refusal(400, complaint);
  if (asked.batchId !== undefined && body.stream === true) {
    throw new Refusal(400, "Streaming is not supported in batches.", { param: "stream" });
  }
  const said = answer(asked);
  if ("status" in said) throw new Refusal(said.status, said.message, { code: said.code ?? null });
  const calls = said.toolCalls?.map(({ name, arguments: input }, index) => ({
    id: `call_${asked.number}_${index}`,
    type: "function",
    function: { name, arguments: JSON.stringify(input) },
  }));
  const message = { role: "assistant", content: said.text ?? (calls ? null : ""), ...(calls && { tool_calls: calls }) };
  const finishReason = said.finishReason ?? (calls ? "tool_calls" : "stop");
  return {
    id: `chatcmpl-${asked.number}`,
    object: "chat.completion",
    created: 1_700_000_000,
    model: `${body.model}-2026-01-01`,
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage: said.usage ?? { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

/** The same as a stream of one piece. */
export function streamOf(whole: Record<string, unknown>, wantsUsage: boolean): string {
  const { choices, usage, ...rest } = whole as {
    choices: { message: Record<string, unknown>; finish_reason: string }[];
  } & Record<string, unknown>;
  const [choice] = choices;
  const calls = choice?.message.tool_calls as Record<string, unknown>[] | undefined;
  const delta = { ...choice?.message, ...(calls && { tool_calls: calls.map((call, index) => ({ index, ...call })) }) };
  const head = { ...rest, object: "chat.completion.chunk" };
  const chunks: unknown[] = [{ ...head, choices: [{ index: 0, delta, finish_reason: choice?.finish_reason }] }];
  if (wantsUsage) chunks.push({ ...head, choices: [], usage });
  return [...chunks.map((chunk) => JSON.stringify(chunk)), "[DONE]"].map((text) => `data: ${text}\n\n`).join("");
}
