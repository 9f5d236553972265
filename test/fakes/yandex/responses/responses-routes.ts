// The Responses API of the fake: POST /v1/responses whole, streamed and in the background, its replies by id, and cancel.
// No quota of it is known.

import { cutNow } from "../cut-response.ts";
import type { FakeCall, FakeRoute, FakeState } from "../fake-service.ts";
import { Refusal } from "../refusal.ts";
import { type PlannedReply, planTextReply } from "../text/plan-text-reply.ts";
import { readResponses } from "./check-responses.ts";
import { notFound, ResponseMemory } from "./responses-memory.ts";
import { type ResponseHead, responseEvents, unfinished, wholeResponse } from "./responses-reply.ts";

type Json = Record<string, unknown>;

const thirtyDays = 30 * 86_400_000;

export function responsesRoutes(state: FakeState): FakeRoute[] {
  const memory = new ResponseMemory();
  const path = /^\/v1\/responses\/([^/]+)$/;
  return [
    { method: "POST", path: /^\/v1\/responses$/, errors: "openai", answer: (call) => create(state, memory, call) },
    { method: "GET", path, errors: "openai", answer: ({ match }) => look(state, memory, match[1] ?? "", "poll") },
    {
      method: "POST",
      path: /^\/v1\/responses\/([^/]+)\/cancel$/,
      errors: "openai",
      answer: ({ match, body }) => {
        if (body !== undefined && JSON.stringify(body) !== "{}") throw new Refusal(3, "cancel takes no parameters");
        return look(state, memory, match[1] ?? "", "cancel");
      },
    },
  ];
}

async function create(state: FakeState, memory: ResponseMemory, call: FakeCall): Promise<unknown> {
  const model = state.models.find((call.body as { model?: unknown } | undefined)?.model, "gpt");
  const body = memory.recall(call.body as Json);
  const { request, isStreamed, inBackground, hosted } = readResponses(body, model);
  const created_at = Math.floor(state.clock.now() / 1_000);
  const head = (id: string): ResponseHead => ({ id, created_at, model: model.uri, hosted });
  const plan = () => planTextReply(state, request, model);
  if (inBackground) {
    call.entry.billed = true;
    return begin(state, memory, { body, head, plan });
  }
  const now = head(state.operations.newId("resp"));
  let planned: PlannedReply;
  try {
    planned = plan();
  } catch (error) {
    // Reported of prompts that are too long: the failure comes with 200.
    if (!(error instanceof Refusal) || !/number of input tokens/.test(error.message)) throw error;
    return { error: { code: "model_call_error", message: error.message }, output: [] };
  }
  call.entry.billed = true;
  const work = { call, head: now, planned, keep: (response: Json) => keep(memory, body, response) };
  return isStreamed ? stream(state, work) : whole(state, work);
}

/** What `store` does is unverified: here as in OpenAI's API. */
function keep(memory: ResponseMemory, body: Json, response: Json): void {
  if (body.store === false) return;
  memory.keep(String(response.id), { whole: response });
  memory.note(body, response);
}

type Work = { call: FakeCall; head: ResponseHead; planned: PlannedReply; keep(response: Json): void };

async function whole(state: FakeState, { call, head, planned, keep }: Work): Promise<unknown> {
  const { breaksOff, cut, holdAt } = planned.script;
  if (holdAt !== undefined) await state.script.hold(call.gone);
  if (call.gone.aborted) return undefined;
  if (cut) return cutNow(call.response, call.entry);
  if (breaksOff) {
    call.entry.billed = false;
    return { error: { code: "model_call_error", message: breaksOff.message }, output: [] };
  }
  const response = wholeResponse(head, planned);
  keep(response);
  return response;
}

async function stream(state: FakeState, { call, head, planned, keep }: Work): Promise<undefined> {
  const { response, gone, entry } = call;
  const { breaksOff, cut, holdAt } = planned.script;
  if (holdAt === 0) await state.script.hold(gone);
  if (gone.aborted) return undefined;
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  const { events, pieces } = responseEvents(head, planned);
  // Before the piece of that number; where there are fewer, after the last of them.
  const heldAt = holdAt ? (pieces[holdAt] ?? (pieces.at(-1) ?? 0) + 1) : undefined;
  for (const [index, event] of events.entries()) {
    if (index === heldAt) await state.script.hold(gone);
    if (gone.aborted) return undefined;
    write(call, event);
  }
  if (cut) {
    cutNow(response, entry);
    return undefined;
  }
  if (breaksOff) {
    const error = { code: "model_call_error", message: breaksOff.message };
    write(call, {
      type: "response.failed",
      sequence_number: events.length,
      response: unfinished(head, "failed", error),
    });
  } else keep(events.at(-1)?.response as Json);
  response.end();
  return undefined;
}

function write({ response }: FakeCall, event: Json): void {
  response.write(`event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** It goes by the plan of the operations of the fake. */
function begin(
  state: FakeState,
  memory: ResponseMemory,
  { body, head, plan }: { body: Json; head(id: string): ResponseHead; plan(): PlannedReply },
): Json {
  const { id } = state.operations.begin({
    prefix: "resp",
    keptMs: thirtyDays,
    metadata: (polls) => ({ polls }),
    response: () => {
      const response = wholeResponse(head(id), plan());
      memory.note(body, response);
      return response;
    },
  });
  memory.keep(id, head(id));
  return unfinished(head(id), "queued");
}

/** @throws Refusal 404 */
function look(state: FakeState, memory: ResponseMemory, id: string, verb: "poll" | "cancel"): Json {
  const entry = memory.find(id);
  if ("whole" in entry) {
    if (verb === "cancel") throw new Refusal(3, "Cannot cancel a response that was not made in the background.");
    return entry.whole;
  }
  const { done, response, error, metadata } = asked(state, id, verb);
  if (response) return response;
  if (done !== true) return unfinished(entry, metadata.polls > 1 ? "in_progress" : "queued");
  if (state.operations.all.find((each) => each.id === id)?.isCancelled) return unfinished(entry, "cancelled");
  return unfinished(entry, "failed", { code: "model_call_error", message: error?.message ?? "" });
}

type Looked = { done: boolean; response?: Json; error?: { message: string }; metadata: { polls: number } };

function asked({ operations }: FakeState, id: string, verb: "poll" | "cancel"): Looked {
  try {
    return operations[verb](id) as unknown as Looked;
  } catch (error) {
    throw error instanceof Refusal ? notFound(id) : error;
  }
}
