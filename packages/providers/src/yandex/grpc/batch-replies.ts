// The replies of a batch find their requests: the service numbers nothing, and promises no order.
import { type BatchReply, type BatchRequests, BesedaError, type ModelEvent } from "@beseda/core";
import { type BatchMessage, digestOf, toBatchRow } from "./batch-rows.ts";

/** A row of the result. */
export type ResultRow = { request?: unknown; response?: unknown };

/** Of some lines of the source the service says what went wrong with them; `first` and `last` as it numbers them. */
export type LineProblem = { first: number; last: number; message: string };

/**
 * Pure but for reading. Requests of the same content are interchangeable: the k-th reply to such a content goes to the k-th
 * request of it. Requests without a reply come last, as errors.
 */
export async function* matchReplies(
  requests: BatchRequests,
  rows: AsyncIterable<ResultRow>,
  problems: readonly LineProblem[],
): AsyncGenerator<BatchReply> {
  const { waiting, count } = await placesOf(requests);
  let strangers = 0;
  for await (const { request, response } of rows) {
    const places = waiting.get(digestOf(messagesIn(request)));
    const index = places?.shift();
    if (index === undefined) strangers++;
    else if (typeof response === "string") yield { index, events: eventsOf(response) };
    // A row without a response says no more than one that is not there.
    else places?.push(index);
  }
  const missing = [...waiting.values()].flat().sort((a, b) => a - b);
  const told = problemsByIndex(problems, missing);
  for (const index of missing) yield { index, error: unanswered(index, { told, count, strangers, problems }) };
}

async function placesOf(requests: BatchRequests): Promise<{ waiting: Map<string, number[]>; count: number }> {
  const waiting = new Map<string, number[]>();
  let count = 0;
  for await (const request of requests) {
    const digest = digestOf(toBatchRow(request, count + 1).request);
    const places = waiting.get(digest);
    if (places) places.push(count);
    else waiting.set(digest, [count]);
    count++;
  }
  return { waiting, count };
}

function messagesIn(request: unknown): BatchMessage[] {
  if (!Array.isArray(request)) return [];
  return request.map((message) => {
    const { role, text } = (message ?? {}) as Partial<BatchMessage>;
    return { role: String(role ?? ""), text: String(text ?? "") };
  });
}

/** The service tells no usage of a single reply. */
function eventsOf(text: string): ModelEvent[] {
  const finish: ModelEvent = { type: "finish", finishReason: "stop" };
  return text === "" ? [finish] : [{ type: "text-delta", text }, finish];
}

/**
 * Whether lines are numbered from 0 or from 1 is not documented: whichever puts all of them on requests without a reply. Where
 * both do, from 1, as rows of datasets are.
 */
function problemsByIndex(problems: readonly LineProblem[], missing: readonly number[]): Map<number, string> {
  const open = new Set(missing);
  const fits = (base: number) => problems.every(({ first, last }) => open.has(first - base) && open.has(last - base));
  const base = [1, 0].find(fits);
  const told = new Map<number, string>();
  if (base === undefined) return told;
  for (const { first, last, message } of problems) {
    for (let line = first; line <= last; line++) told.set(line - base, message);
  }
  return told;
}

type Unanswered = {
  told: ReadonlyMap<number, string>;
  count: number;
  strangers: number;
  problems: readonly LineProblem[];
};

function unanswered(index: number, { told, count, strangers, problems }: Unanswered): BesedaError {
  const message = told.get(index);
  if (message !== undefined) {
    return new BesedaError(`The service could not answer request ${index + 1} of the batch: ${message}`, {
      code: "rejected",
      hint: "Change the request, and put it into another batch.",
    });
  }
  const others = strangers > 0 ? ` ${strangers} replies belong to none of the ${count} requests.` : "";
  const said =
    problems.length > 0
      ? ` It reports: ${problems
          .map((each) => each.message)
          .slice(0, 3)
          .join("; ")}.`
      : "";
  return new BesedaError(`The service gave no reply to request ${index + 1} of the batch.${others}${said}`, {
    code: "bad-response",
    hint:
      strangers > 0
        ? "Are these the requests that the batch was started with? Give the very same."
        : "Put it into another batch.",
  });
}
