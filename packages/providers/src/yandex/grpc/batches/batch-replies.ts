// The replies of a batch find their requests: the service numbers nothing, and promises no order.
import { type BatchReply, type BatchRequests, BesedaError, type ModelEvent } from "@beseda/core";
import type { BatchMessage } from "./batch-rows.ts";
import { OpenRequests } from "./open-requests.ts";

/** A row of the result. */
export type ResultRow = { request?: unknown; response?: unknown };

/**
 * Of some lines of the source the service says what went wrong with them; `first` and `last` as it numbers them. `isOfMany`:
 * a part of the batch broke, which is not the fault of its lines.
 */
export type LineProblem = { first: number; last: number; message: string; isOfMany?: boolean | undefined };

export type ResultOfBatch = {
  requests: BatchRequests;
  /** From the first row on, each time: texts are not kept, but read again where they are needed again. */
  rows(): AsyncIterable<ResultRow>;
  problems: readonly LineProblem[];
  resultDatasetId: string;
};

/**
 * Pure but for reading; of requests and replies only digests are kept. Requests of the same content are interchangeable: the
 * k-th reply to such a content goes to the k-th request of it. A reply is paid for: one whose request came back a little
 * otherwise is given to the one that it resembles, or stands in for, as long as all others stand in the order of the requests.
 * Requests without a reply come last, as errors.
 */
export async function* matchReplies(result: ResultOfBatch): AsyncGenerator<BatchReply> {
  const open = await OpenRequests.of(result.requests);
  /** Where the rows are whose requests are not known again, in their order. */
  let strangers: number[] = [];
  let rowCount = 0;
  let isInOrder = true;
  for await (const { request, response } of result.rows()) {
    const position = rowCount++;
    // A row without a response says no more than one that is not there.
    if (typeof response !== "string") continue;
    const index = open.take(messagesIn(request), "exact");
    if (index === undefined) strangers.push(position);
    else {
      isInOrder &&= index === position;
      yield { index, events: eventsOf(response) };
    }
  }
  const others: number[] = [];
  for await (const { position, request, response } of rowsAt(strangers, result)) {
    const index = open.take(messagesIn(request), "loose");
    if (index === undefined) others.push(position);
    else {
      isInOrder &&= index === position;
      yield { index, events: eventsOf(response) };
    }
  }
  strangers = others;
  const { count, openCount } = open;
  // Where nothing at all was known again, these may be the requests of another batch.
  if (isInOrder && rowCount === count && openCount < count && strangers.length === openCount) {
    const places = open.open();
    for await (const { response } of rowsAt(strangers, result)) {
      const { value: index, done } = places.next();
      if (done) break;
      open.close(index);
      yield { index, events: eventsOf(response) };
    }
    strangers = [];
  }
  const told = problemsByIndex(result.problems, open);
  for (const index of open.open()) {
    yield { index, error: unanswered(index, { told, count, strangers: strangers.length, result }) };
  }
}

type PlacedRow = { position: number; request: unknown; response: string };

/** `positions` in their order. Nothing is read where there are none. */
async function* rowsAt(positions: readonly number[], { rows }: ResultOfBatch): AsyncGenerator<PlacedRow> {
  let nth = 0;
  if (positions.length === 0) return;
  let position = -1;
  for await (const { request, response } of rows()) {
    position++;
    if (positions[nth] !== position || typeof response !== "string") continue;
    yield { position, request, response };
    if (++nth === positions.length) return;
  }
}

function messagesIn(request: unknown): BatchMessage[] {
  const messages = typeof request === "string" ? parsed(request) : request;
  if (!Array.isArray(messages)) return [];
  return messages.map((message) => {
    const { role, text } = (message ?? {}) as Partial<BatchMessage>;
    return { role: String(role ?? ""), text: String(text ?? "") };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The service tells no usage of a single reply. */
function eventsOf(text: string): ModelEvent[] {
  const finish: ModelEvent = { type: "finish", finishReason: "stop" };
  return text === "" ? [finish] : [{ type: "text-delta", text }, finish];
}

/**
 * Whether lines are numbered from 0 or from 1 is not documented: whichever puts all of them on requests without a reply. Where
 * both do, nobody can tell.
 */
function problemsByIndex(problems: readonly LineProblem[], open: OpenRequests): Map<number, LineProblem> {
  const fits = (base: number) =>
    problems.every(({ first, last }) => open.isOpen(first - base) && open.isOpen(last - base));
  const [base, other] = [1, 0].filter(fits);
  const told = new Map<number, LineProblem>();
  if (base === undefined || other !== undefined) return told;
  for (const problem of problems) {
    for (let line = problem.first; line <= problem.last; line++) told.set(line - base, problem);
  }
  return told;
}

type Unanswered = {
  told: ReadonlyMap<number, LineProblem>;
  count: number;
  strangers: number;
  result: ResultOfBatch;
};

function unanswered(index: number, { told, count, strangers, result }: Unanswered): BesedaError {
  const problem = told.get(index);
  if (problem) {
    const { message, isOfMany = false } = problem;
    return new BesedaError(`The service could not answer request ${index + 1} of the batch: ${message}`, {
      code: isOfMany ? "unavailable" : "rejected",
      isRetryable: isOfMany,
      hint: isOfMany ? "Put it into another batch." : "Change the request, and put it into another batch.",
    });
  }
  const others =
    strangers > 0
      ? ` ${strangers} replies belong to none of the ${count} requests: they are in the dataset ${result.resultDatasetId}.`
      : "";
  const reported = result.problems.slice(0, 3).map((each) => each.message);
  const said = reported.length > 0 ? ` It reports of one of those without a reply: ${reported.join("; ")}.` : "";
  return new BesedaError(`The service gave no reply to request ${index + 1} of the batch.${others}${said}`, {
    code: strangers > 0 ? "bad-response" : "unavailable",
    isRetryable: strangers === 0,
    hint:
      strangers > 0
        ? "Are these the requests that the batch was started with? Give the very same."
        : "Put it into another batch.",
  });
}
