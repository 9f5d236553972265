// The three ways in which a model is asked inside a job.
import {
  BesedaError,
  type JsonValue,
  type LanguageModel,
  type ModelEvent,
  type ModelOperations,
  waitForOperation,
} from "@beseda/core";
import { firstSignal } from "../first-signal.ts";
import type { AskModel, ModelQuestion } from "./run-journal.ts";

/** `sync`: now. `async`: by operations of its service. `batch`: with many others, in a batch of its service. */
export type Calls = "sync" | "async" | "batch";

export const askNow: AskModel = ({ model, request, options }) => model.stream(request, options);

type Submitted = { key: string; id?: string };

export type AskLaterOptions = {
  pollMs?: number | undefined;
  /** Once aborted, nobody waits any more, and what is sent goes on: of an operation another attempt has the id. */
  leaving?: AbortSignal | undefined;
  /** Told of each question: it resolves when all that has to be done about it is done, such as calling it off. */
  onAsked?: ((settled: Promise<unknown>) => void) | undefined;
};

export type AskingOptions = Pick<AskLaterOptions, "pollMs" | "leaving"> & {
  calls: Calls;
  /** How the run's own models are asked directly. Default: as a stream. */
  now?: AskModel | undefined;
};

export type Asking = {
  ask: AskModel;
  /** Sub-agents are asked directly, as a stream: a tool has a limit of time, an operation may take hours, and a whole reply is silent for long. */
  askBelow: AskModel;
  /** Resolves when all that was begun elsewhere is over, or called off where nobody wants it any more. */
  settled(): Promise<void>;
};

/** How a job asks the models of its run. Those that a step takes in place of the agent's own and that have no operations are asked directly. */
export function asking({ calls, pollMs, leaving, now = askNow }: AskingOptions): Asking {
  const open = new Set<Promise<unknown>>();
  const onAsked = (settled: Promise<unknown>) => {
    open.add(settled);
    void settled.then(() => open.delete(settled));
  };
  const later = askLater({ pollMs, leaving, onAsked });
  const directly = (ask: AskModel): AskModel => {
    return ({ model, request, begun, options: { signal, streamed } }) => {
      leaving?.throwIfAborted();
      return ask({ model, request, begun, options: { signal, streamed, untilSent: leaving } });
    };
  };
  const direct = directly(now);
  return {
    ask: (question) => (calls === "async" && question.model.operations ? later(question) : direct(question)),
    askBelow: directly(askNow),
    settled: async () => {
      await Promise.all(open);
    },
  };
}

/** How long the calling off of an operation may take. */
const cancelMs = 10_000;

/**
 * By the operations of the model's service. The id is in the journal before it is asked after, so that an operation
 * which was begun is waited for by whoever takes up the run, and not begun again. One that nobody wants any more is
 * called off.
 */
export function askLater({ pollMs, leaving, onAsked }: AskLaterOptions = {}): AskModel {
  return async function* (question) {
    const operations = operationsOf(question.model);
    const { signal: stopped, letGo } = firstSignal([question.options.signal, leaving]);
    const reply = replyLater(question, operations, { pollMs, leaving, stopped }).finally(letGo);
    onAsked?.(reply.catch(() => {}));
    yield await reply;
  };
}

async function replyLater(
  { request, options: { signal }, begun }: ModelQuestion,
  operations: ModelOperations,
  { pollMs, leaving, stopped }: AskLaterOptions & { stopped: AbortSignal },
): Promise<ModelEvent[]> {
  let { key, id } = (begun.read() ?? { key: crypto.randomUUID() }) as Submitted;
  if (id === undefined) {
    stopped.throwIfAborted();
    await begun.write({ key });
    // A submission whose answer is lost could not be found again: once it is sent, its id is waited for.
    ({ id } = await operations.submit(request, { key, untilSent: stopped }));
    // Of a run that was called off meanwhile the journal may be closed already; the operation has to be called off all the same.
    await begun.write({ key, id } as JsonValue).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    });
  }
  let isOver = false;
  const onProgress = (operation: { done: boolean }) => {
    isOver = operation.done;
  };
  try {
    return await waitForOperation(operations, id, { signal: stopped, pollMs, onProgress });
  } catch (error) {
    if (!isOver && leaving?.aborted) throw error;
    if (!isOver && signal?.aborted) {
      await operations.cancel(id, { signal: AbortSignal.timeout(cancelMs) }).catch(() => {});
      isOver = true;
    }
    const isForgotten = !isOver && error instanceof BesedaError && error.code === "not-found";
    // Another attempt begins a new one.
    if (isOver || isForgotten) await begun.write(null).catch(() => {});
    throw isForgotten ? forgotten(id, error) : error;
  }
}

/** As after some days, or by an outage: it gives no reply any more, and is no matter of the request. */
function forgotten(id: string, error: BesedaError): BesedaError {
  return error.with({
    message: `The service has forgotten the operation ${id}: ${error.message}`,
    code: "unavailable",
    isRetryable: true,
    hint: "The request is sent again, as a new operation. If they are forgotten again and again, fetch them sooner or take calls: sync.",
  });
}

/** How a model is asked where nobody says: later, at the price of later, where its service can. */
export function callsOf(model: LanguageModel, calls: Calls | undefined): Calls {
  if (calls === "async") operationsOf(model);
  if (calls === "batch" && !model.batches) throw cannot(model, "takes no batches", "Leave out calls, or take `sync`.");
  return calls ?? (model.operations ? "async" : "sync");
}

function operationsOf(model: LanguageModel): ModelOperations {
  if (model.operations) return model.operations;
  throw cannot(
    model,
    "has no operations",
    "Leave out calls, or take `sync`: the jobs package makes an operation of it.",
  );
}

function cannot({ provider, modelId }: LanguageModel, what: string, hint: string): BesedaError {
  return new BesedaError(`${provider}:${modelId} ${what}.`, { code: "unsupported", hint });
}
