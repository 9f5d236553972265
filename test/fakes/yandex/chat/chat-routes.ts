// The OpenAI-compatible door of text models: GET /v1/models and POST /v1/chat/completions, whole and as server-sent events.

import { cutNow } from "../cut-response.ts";
import type { FakeCall, FakeRoute, FakeState } from "../fake-service.ts";
import { Refusal } from "../refusal.ts";
import { planTextReply } from "../text/plan-text-reply.ts";
import { chatChunks, chatCompletion } from "./chat-reply.ts";
import { readChat } from "./check-chat.ts";

export function chatRoutes(state: FakeState): FakeRoute[] {
  return [
    {
      method: "GET",
      path: /^\/v1\/models$/,
      errors: "openai",
      answer: ({ headers }) => {
        checkProject(state, headers);
        const listed = state.models.all.filter(({ scheme }) => scheme === "gpt" || scheme === "emb");
        return {
          object: "list",
          data: listed.map(({ uri, ownedBy }) => ({
            id: uri,
            object: "model",
            owned_by: ownedBy,
            created: 0,
          })),
        };
      },
    },
    {
      method: "POST",
      path: /^\/v1\/chat\/completions$/,
      errors: "openai",
      quota: "completion",
      answer: (call) => chat(state, call),
    },
  ];
}

async function chat(state: FakeState, { body, headers, entry, response, gone }: FakeCall): Promise<unknown> {
  checkProject(state, headers);
  const model = state.models.find((body as { model?: unknown } | undefined)?.model, "gpt");
  if (model.ownedBy !== "Yandex") {
    response.removeHeader("x-request-id");
    response.removeHeader("x-client-request-id");
  }
  const { request, isStreamed } = readChat(body, model);
  const planned = planTextReply(state, request, model);
  const { breaksOff, cut, holdAt } = planned.script;
  entry.billed = true;
  if (holdAt !== undefined && (!isStreamed || holdAt === 0)) await state.script.hold(gone);
  if (gone.aborted) return undefined;
  if (!isStreamed) {
    if (cut) return cutNow(response, entry);
    if (!breaksOff) return chatCompletion(planned, model);
    entry.billed = false;
    throw new Refusal(breaksOff.code, breaksOff.message);
  }
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
  for (const [index, chunk] of chatChunks(planned, model).entries()) {
    if (index > 0 && index === holdAt) await state.script.hold(gone);
    if (gone.aborted) return undefined;
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
  if (cut) return cutNow(response, entry);
  // The text of an error in the middle of a stream has been seen in `error.error`.
  const last = breaksOff ? { error: { error: breaksOff.message, code: breaksOff.code } } : undefined;
  response.end(`data: ${last ? JSON.stringify(last) : "[DONE]"}\n\n`);
  return undefined;
}

/** Nobody has to name a folder; whoever does has to name the account's. */
function checkProject({ account }: FakeState, headers: FakeCall["headers"]): void {
  const project = headers["openai-project"];
  if (project === undefined || project === account.folderId) return;
  throw new Refusal(
    3,
    `Specified folder ID '${project}' does not match with service account folder ID '${account.folderId}'`,
  );
}
