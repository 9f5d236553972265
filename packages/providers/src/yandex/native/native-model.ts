// A model behind the native API: replies as they are generated, and as operations.
import type { LanguageModel, ModelOperations, ModelRequest } from "@beseda/core";
import { jsonLinesDecoder, type ReplyHead, replyEvents, requestIdOf, streamEvents } from "@beseda/core/http";
import { refusal } from "../../refusal.ts";
import type { YandexConnection } from "../connection/connection.ts";
import { restOperations } from "../connection/rest-operations.ts";
import { finished } from "../finished.ts";
import { tailOf, type YandexQuirks } from "../quirks.ts";
import { CompletionReply } from "./from-completion.ts";
import { type CompletionModel, completionBody } from "./to-completion-request.ts";

export type NativeModel = CompletionModel & { quirks: YandexQuirks };

/**
 * Every line of a stream holds the whole text so far, some 15 tokens longer than the last: of the longest answer that a
 * context of 65,536 tokens has room for that comes to about a gigabyte.
 */
const mostBytes = 1024 ** 3;
/** One of those lines: the longest answer, each character of it escaped. */
const longestLine = 16 * 1024 ** 2;

export function nativeModel(connection: YandexConnection, model: NativeModel): LanguageModel {
  const { modelUri, quirks } = model;
  const { prices } = connection;
  const newReply = (head: () => ReplyHead) =>
    new CompletionReply({
      finished: (finish) => finished(finish, { prices, modelUri, mode: "sync" }, requestIdOf(head().headers)),
    });
  return {
    provider: "yandex",
    modelId: tailOf(modelUri),
    abilities: { outputSchema: quirks.outputSchema },
    stream(request, { signal, untilSent, streamed = true } = {}) {
      let body: string;
      try {
        body = completionBody(request, model, streamed);
      } catch (error) {
        return refusal(error);
      }
      const path = "/foundationModels/v1/completion";
      const sent = connection.request({ at: "llm", path, body, quota: "completion", signal, untilSent });
      if (!streamed) return replyEvents({ ...sent, read: (reply, head) => newReply(() => head).whole(reply) });
      const decoder = (head: () => ReplyHead) => jsonLinesDecoder(newReply(head), longestLine);
      return streamEvents({ accept: "application/json", decoder, ...sent, mostBytes });
    },
    operations: nativeOperations(connection, model),
  };
}

/** For support the service's id of an operation's reply is that of the operation. */
function nativeOperations(connection: YandexConnection, model: NativeModel): ModelOperations {
  const billing = { prices: connection.prices, modelUri: model.modelUri, mode: "async" } as const;
  return restOperations(connection, {
    path: "/foundationModels/v1/completionAsync",
    quota: "completion-async",
    toBody: (request: ModelRequest) => completionBody(request, model),
    read: (response, id) =>
      new CompletionReply({
        // However often it is asked after, and by whom: the calls have the same ids.
        callId: (index) => `${id}-${index + 1}`,
        finished: (finish) => finished(finish, billing, id),
      }).whole(response),
  });
}
