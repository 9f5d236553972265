// A model over the Responses API of Yandex AI Studio: for the tools that the service runs by itself, and replies in the background.
import { type LanguageModel, viaOperations } from "@beseda/core";
import { replyEvents, sseDecoder, streamEvents } from "@beseda/core/http";
import { refusal } from "../../refusal.ts";
import type { YandexConnection, YandexSettings } from "../connection/connection.ts";
import { connectionOf } from "../connection/connection-of.ts";
import { toModelUri } from "../model-uri.ts";
import { tailOf } from "../quirks.ts";
import { backgroundResponses } from "./background.ts";
import { failureIn } from "./from-response.ts";
import { ResponsesReply } from "./from-responses-event.ts";
import type { HostedTool } from "./hosted-tools.ts";
import type { WireResponse } from "./responses-wire.ts";
import { toResponsesRequest } from "./to-responses-request.ts";

export type YandexResponsesOptions = YandexSettings & {
  /** Shared with other models, in place of settings. */
  connection?: YandexConnection | undefined;
  /** Such as `[webSearch({ allowedDomains: ["habr.ru"] }), codeInterpreter()]`. */
  hostedTools?: readonly HostedTool[] | undefined;
  /** Every reply is made in the background, where it may take longer than a connection lasts. */
  via?: "async" | undefined;
  /** How soon such a reply is asked after again, at first: see `viaOperations`. Milliseconds, default 1,000. */
  pollMs?: number | undefined;
};

/** The last event of a stream holds the whole reply once more, with all that tools of the service have found. */
const longestEvent = 16 * 1024 ** 2;

/**
 * ```ts
 * const model = yandexResponses("yandexgpt/latest", { apiKey, folderId, hostedTools: [webSearch()] });
 * const { text, sources } = await new Agent({ name: "researcher", model }).generate("What is new at habr.ru?");
 * ```
 * What the answer rests on comes as sources. Tools of the agent work as with every other model. `operations` are replies in
 * the background, which are kept for 30 days. Without a key and a folder in the options those of the environment are taken.
 *
 * @throws BesedaError `missing-setting` without credentials, or a folder for the short name of a model
 */
export function yandexResponses(model: string, options: YandexResponsesOptions = {}): LanguageModel {
  const { hostedTools = [], via, pollMs } = options;
  const connection = connectionOf(options);
  const modelUri = toModelUri(model, "gpt", connection.folderId);
  const billing = { prices: connection.prices, modelUri };
  const inTurn: LanguageModel = {
    provider: "yandex",
    modelId: tailOf(modelUri),
    // The reference has `text.format`, and is silent on tools beside it.
    abilities: { outputSchema: hostedTools.length > 0 ? "never" : "without-tools" },
    operations: backgroundResponses(connection, { modelUri, hostedTools }),
    stream(request, { signal, untilSent, streamed = true } = {}) {
      let body: string;
      try {
        body = toResponsesRequest(request, { modelUri, hostedTools, delivery: streamed ? "streamed" : "whole" });
      } catch (error) {
        return refusal(error);
      }
      const toolNames = request.tools.map(({ name }) => name);
      const path = "/v1/responses";
      const call = connection.request({ at: "openai", path, body, quota: "responses", signal, untilSent });
      const sent = { ...call, errorIn: (reply: unknown) => failureIn((reply ?? {}) as WireResponse) };
      return streamed
        ? streamEvents({
            accept: "text/event-stream",
            decoder: (head) => sseDecoder(new ResponsesReply({ toolNames, billing, head }), longestEvent),
            ...sent,
          })
        : replyEvents({
            ...sent,
            read: (reply, head) => new ResponsesReply({ toolNames, billing, head: () => head }).whole(reply),
          });
    },
  };
  return via === "async" ? viaOperations(inTurn, { pollMs }) : inTurn;
}
