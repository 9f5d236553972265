// Text over the native API: `completion`, whole and as lines of JSON, and `completionAsync`, as an operation.

import { cutNow } from "../cut-response.ts";
import type { FakeCall, FakeRoute, FakeState } from "../fake-service.ts";
import { errorBody, Refusal } from "../refusal.ts";
import { readCompletion } from "./check-completion.ts";
import { finalResponse, partialResponses } from "./completion-reply.ts";
import { nativeTextModel } from "./native-text-model.ts";
import { type PlannedReply, planTextReply } from "./plan-text-reply.ts";

export function completionRoutes(state: FakeState): FakeRoute[] {
  /** By idempotency key. */
  const begun = new Map<string, unknown>();
  return [
    {
      method: "POST",
      path: /^\/foundationModels\/v1\/completion$/,
      errors: "streaming",
      quota: "completion",
      answer: (call) => complete(state, call),
    },
    {
      method: "POST",
      path: /^\/foundationModels\/v1\/completionAsync$/,
      errors: "unary",
      quota: "completion-async",
      answer: (call) => {
        const key = call.headers["idempotency-key"];
        if (!state.honoursIdempotencyKeys || typeof key !== "string") return begin(state, call);
        const answer = begun.get(key) ?? begin(state, call);
        begun.set(key, answer);
        return answer;
      },
    },
  ];
}

async function complete(state: FakeState, { body, entry, response, gone }: FakeCall): Promise<unknown> {
  const { request, isStreamed } = readCompletion(body, "completion");
  const planned = planTextReply(state, request, nativeTextModel(state, request.modelUri));
  const { breaksOff, cut, holdAt } = planned.script;
  entry.billed = true;
  if (!isStreamed || holdAt === 0) {
    if (holdAt !== undefined) await state.script.hold(gone);
    if (gone.aborted) return undefined;
  }
  if (!isStreamed) {
    if (breaksOff) throw unpaid(entry, new Refusal(breaksOff.code, breaksOff.message));
    if (cut) return cutNow(response, entry);
    return { result: finalResponse(planned) };
  }
  response.writeHead(200, { "content-type": "application/json" });
  response.flushHeaders();
  for (const [index, line] of linesOf(planned).entries()) {
    if (index > 0 && index === holdAt) await state.script.hold(gone);
    if (gone.aborted) return undefined;
    response.write(`${JSON.stringify(line)}\n`);
  }
  if (cut) cutNow(response, entry);
  else response.end();
  return undefined;
}

function linesOf(planned: PlannedReply): object[] {
  const partial = partialResponses(planned).map((result) => ({ result }));
  const { breaksOff, cut } = planned.script;
  if (breaksOff) return [...partial, errorBody(new Refusal(breaksOff.code, breaksOff.message), "streaming")];
  return cut ? partial : [...partial, { result: finalResponse(planned) }];
}

function begin(state: FakeState, { body, entry }: FakeCall): unknown {
  const { request, isStreamed } = readCompletion(body, "completion-async");
  if (isStreamed) throw new Refusal(3, "stream is not supported in asynchronous mode");
  const planned = planTextReply(state, request, nativeTextModel(state, request.modelUri));
  entry.billed = true;
  return state.operations.begin({
    prefix: "d7q",
    description: "Async GPT Completion",
    response: () => {
      const { breaksOff } = planned.script;
      if (breaksOff) throw unpaid(entry, new Refusal(breaksOff.code, breaksOff.message));
      return {
        "@type": "type.googleapis.com/yandex.cloud.ai.foundation_models.v1.CompletionResponse",
        ...finalResponse(planned),
      };
    },
  });
}

/** What fails inside the service is free. */
function unpaid(entry: FakeCall["entry"], refusal: Refusal): Refusal {
  entry.billed = false;
  return refusal;
}
