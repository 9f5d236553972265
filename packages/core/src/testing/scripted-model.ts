// A model that says what it was told to say, and complains about one call too many and one too few.
import type { FinishReason, Usage } from "../message.ts";
import type { LanguageModel, ModelEvent, ModelRequest } from "../ports/language-model.ts";

/** One reply. Pieces come in this order: reasoning, text, tool calls, then the error or the finish. */
export type ScriptedReply = {
  /** A list is streamed piece by piece. */
  reasoning?: string | readonly string[];
  text?: string | readonly string[];
  /** `input` that is a string is sent as it is, so that it can be broken JSON. */
  toolCalls?: readonly { toolName: string; input: unknown; toolCallId?: string }[];
  /** Default: `tool-calls` where there are calls, otherwise `stop`. */
  finishReason?: FinishReason;
  usage?: Usage;
  /** Thrown instead of the finish. */
  error?: unknown;
  /** Never ends after its pieces: waits for the signal, as a hanging server does. */
  hangs?: true;
};

export interface ScriptedModel extends LanguageModel {
  /** Every request so far, in order. */
  readonly requests: readonly ModelRequest[];
  /** @throws Error when replies are left that nobody asked for. */
  done(): void;
}

/** Give the replies in order, or a function of the request and its number, from 0. */
export function scriptedModel(
  script: readonly ScriptedReply[] | ((request: ModelRequest, call: number) => ScriptedReply),
): ScriptedModel {
  const requests: ModelRequest[] = [];
  const next = (request: ModelRequest): ScriptedReply => {
    // The loop's own array grows after the call; the script's reader wants to see what was asked.
    const call = requests.push({ ...request, messages: [...request.messages] }) - 1;
    if (typeof script === "function") return script(request, call);
    const reply = script[call];
    if (!reply) throw new Error(`The scripted model has ${script.length} replies and was asked for one more.`);
    return reply;
  };
  return {
    provider: "scripted",
    modelId: "scripted",
    requests,
    stream: (request, { signal } = {}) => play(next(request), `call-${requests.length}`, signal),
    done() {
      if (typeof script !== "function" && requests.length < script.length) {
        throw new Error(`The scripted model was asked ${requests.length} times of ${script.length}.`);
      }
    },
  };
}

async function* play(reply: ScriptedReply, idPrefix: string, signal?: AbortSignal): AsyncGenerator<ModelEvent[]> {
  for (const event of eventsOf(reply, idPrefix)) {
    signal?.throwIfAborted();
    yield [event];
  }
  if (reply.hangs) await untilAborted(signal);
  signal?.throwIfAborted();
  if (reply.error !== undefined) throw reply.error;
  const finishReason = reply.finishReason ?? (reply.toolCalls?.length ? "tool-calls" : "stop");
  yield [{ type: "finish", finishReason, ...(reply.usage && { usage: reply.usage }) }];
}

function* eventsOf({ reasoning, text, toolCalls }: ScriptedReply, idPrefix: string): Generator<ModelEvent> {
  for (const piece of pieces(reasoning)) yield { type: "reasoning-delta", text: piece };
  for (const piece of pieces(text)) yield { type: "text-delta", text: piece };
  for (const [index, call] of (toolCalls ?? []).entries()) {
    const { toolName, toolCallId = `${idPrefix}-${index + 1}` } = call;
    const input = typeof call.input === "string" ? call.input : JSON.stringify(call.input);
    yield { type: "tool-input-start", toolCallId, toolName };
    yield { type: "tool-input-delta", toolCallId, delta: input };
    yield { type: "tool-call", toolCallId, toolName, input };
  }
}

function pieces(text: string | readonly string[] | undefined): readonly string[] {
  return text === undefined ? [] : typeof text === "string" ? [text] : text;
}

function untilAborted(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
