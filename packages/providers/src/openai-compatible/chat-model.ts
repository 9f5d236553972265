// A model behind POST /chat/completions, however its server is reached.
import type { LanguageModel, ModelCallOptions, ModelRequest } from "@beseda/core";
import { type ReplyHead, type RetriedRequest, replyEvents, sseDecoder, streamEvents } from "@beseda/core/http";
import { refusal } from "../refusal.ts";
import { ChatReply, type FinishEvent } from "./from-chat-chunk.ts";
import type { Quirks } from "./quirks.ts";
import { chatRequestWriter } from "./to-chat-request.ts";

export type ChatModel = {
  provider: string;
  modelId: string;
  /** The name that the server knows it by. */
  model: string;
  quirks: Quirks;
  /** Fields that are added to a request; what it has itself wins. */
  more?: ((request: ModelRequest) => Readonly<Record<string, unknown>>) | undefined;
  /** How a body is sent: address, headers, retries. */
  request(body: string, signals: Pick<ModelCallOptions, "signal" | "untilSent">): RetriedRequest;
  /** Adds to the end of a reply what the reply itself does not say. */
  finished?: ((finish: FinishEvent, head: ReplyHead) => FinishEvent) | undefined;
};

export function chatModel({
  provider,
  modelId,
  model,
  quirks,
  more,
  request: send,
  finished,
}: ChatModel): LanguageModel {
  const toChatRequest = chatRequestWriter(model, quirks, more);
  return {
    provider,
    modelId,
    abilities: { tools: quirks.tools, outputSchema: quirks.outputSchema },
    stream(request, { signal, untilSent, streamed = true } = {}) {
      let body: string;
      try {
        body = toChatRequest(request, streamed);
      } catch (error) {
        return refusal(error);
      }
      const newReply = (head: () => ReplyHead) =>
        new ChatReply(
          quirks,
          request.tools.map((tool) => tool.name),
          finished && ((finish) => finished(finish, head())),
        );
      const sent = send(body, { signal, untilSent });
      return streamed
        ? streamEvents({ accept: "text/event-stream", decoder: (head) => sseDecoder(newReply(head)), ...sent })
        : replyEvents({ ...sent, read: (reply, head) => newReply(() => head).whole(reply) });
    },
  };
}
