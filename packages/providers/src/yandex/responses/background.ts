// Replies that the service makes in the background: kept for 30 days, and asked after by the id of the reply.
import { BesedaError, type ModelEvent, type ModelOperations, type Operation } from "@beseda/core";
import { requestJson } from "@beseda/core/http";
import { digestOf } from "../../digest-of.ts";
import type { YandexConnection } from "../connection/connection.ts";
import { checkedOperationId } from "../connection/operation-id.ts";
import { outcomeOf } from "../connection/operation-outcome.ts";
import { sentOnce } from "../connection/sent-once.ts";
import { failureIn } from "./from-response.ts";
import { ResponsesReply } from "./from-responses-event.ts";
import type { HostedTool } from "./hosted-tools.ts";
import type { WireResponse } from "./responses-wire.ts";
import { toResponsesRequest } from "./to-responses-request.ts";

const path = "/v1/responses";

export function backgroundResponses(
  connection: YandexConnection,
  { modelUri, hostedTools }: { modelUri: string; hostedTools: readonly HostedTool[] },
): ModelOperations {
  const billing = { prices: connection.prices, modelUri };
  const read = (body: unknown) =>
    fromBackground(body, (whole) => new ResponsesReply({ toolNames: [], billing }).whole(whole));
  // Without a body it is a GET.
  const ask = async (id: string, verb: "" | "/cancel", signal: AbortSignal | undefined) => {
    const asked = {
      at: "openai",
      path: `${path}/${checkedOperationId(id)}${verb}`,
      quota: "operation",
      signal,
    } as const;
    const call = connection.request(verb === "" ? asked : { ...asked, body: "{}" });
    return read(await requestJson({ ...call, errorIn }).catch(withNotFound(id)));
  };
  return {
    async submit(request, { signal, key, untilSent } = {}) {
      const body = toResponsesRequest(request, { modelUri, hostedTools, delivery: "background" });
      const call = connection.request({ at: "openai", path, body, quota: "responses", signal, untilSent });
      const headers = { ...call.headers, ...(key !== undefined && { "idempotency-key": digestOf(key) }) };
      return read(await requestJson(sentOnce({ ...call, headers, errorIn })));
    },
    poll: (id, { signal } = {}) => ask(id, "", signal),
    cancel: (id, { signal } = {}) => ask(id, "/cancel", signal),
  };
}

/** The error of a reply is its outcome; that of a request has no reply around it. */
function errorIn(body: unknown): BesedaError | undefined {
  const { id, error } = (body ?? {}) as WireResponse;
  return typeof id === "string" ? undefined : failureIn({ error });
}

function fromBackground(body: unknown, read: (whole: unknown) => ModelEvent[]): Operation<ModelEvent[]> {
  const response = (body ?? {}) as WireResponse;
  const { id, status, created_at } = response;
  if (typeof id !== "string" || id === "" || typeof status !== "string") throw noResponse();
  const begun = {
    id,
    ...(typeof created_at === "number" && { createdAt: new Date(created_at * 1_000).toISOString() }),
    metadata: { status },
  };
  if (status === "queued" || status === "in_progress") return { ...begun, done: false };
  return { ...begun, done: true, ...outcomeOf(id, failureIn(response), () => read(body)) };
}

function withNotFound(id: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof BesedaError) || error.code !== "not-found") throw error;
    throw error.with({
      message: `Yandex AI Studio does not know the reply ${id}.`,
      hint: "Replies are kept for 30 days, and can be fetched in the folder only in which they were asked for.",
    });
  };
}

function noResponse(): BesedaError {
  return new BesedaError("Yandex AI Studio answered with something that is no reply of the Responses API.", {
    code: "bad-response",
    hint: "Check the endpoint openai.",
  });
}
