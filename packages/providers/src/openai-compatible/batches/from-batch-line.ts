// One line of the replies or errors of a batch as the reply to its request. Pure.
import { type BatchReply, BesedaError, toBesedaError } from "@beseda/core";
import { errorInBody, statusError } from "@beseda/core/http";
import { ChatReply, type FinishEvent } from "../from-chat-chunk.ts";
import type { Quirks } from "../quirks.ts";
import type { WireBatch, WireLine } from "./batch-wire.ts";

export type LineReader = { url: string; quirks: Quirks; toolNames: readonly string[] };

export function fromBatchLine(line: WireLine, index: number, reader: LineReader): BatchReply {
  try {
    const { response, error } = line;
    if (error) throw lineError(error, index);
    if (!response) throw unanswered(index, { status: "completed" });
    const { status_code: status = 200, request_id: requestId, body } = response;
    if (status === null || (status >= 200 && status < 300)) {
      const version = (body as { model?: unknown } | null)?.model;
      const told = {
        ...(requestId && { requestId }),
        ...(typeof version === "string" && version !== "" && { modelVersion: version }),
      };
      const finished = (finish: FinishEvent) => ({ ...finish, response: told });
      return { index, events: new ChatReply(reader.quirks, reader.toolNames, finished).whole(body) };
    }
    const headers = requestId ? { "x-request-id": requestId } : {};
    throw statusError({ url: new URL(reader.url), status, headers, body: JSON.stringify(body) });
  } catch (thrown) {
    return { index, error: toBesedaError(thrown) };
  }
}

/** Of a request that stands in neither file. */
export function unanswered(index: number, { status }: Pick<WireBatch, "status">): BesedaError {
  const when = status === "expired" || status === "cancelled" ? ` before the batch was ${status}` : "";
  return notAsked(`Request ${index + 1} of the batch was not answered${when}.`, status === "cancelled");
}

/** `batch_expired`: there was no time for it any more; `batch_cancelled`: the batch was called off before its turn. */
function lineError(error: NonNullable<WireLine["error"]>, index: number): BesedaError {
  const { code, message } = error;
  if (code === "batch_expired" || code === "batch_cancelled") {
    const text = `Request ${index + 1} of the batch was not answered: ${message ?? code}`;
    return notAsked(text, code === "batch_cancelled");
  }
  return errorInBody({ error }) ?? notAsked(`Request ${index + 1} of the batch failed without saying why.`, false);
}

function notAsked(message: string, isCancelled: boolean): BesedaError {
  return new BesedaError(message, {
    code: isCancelled ? "aborted" : "unavailable",
    hint: "Put it into another batch.",
    isRetryable: true,
  });
}
