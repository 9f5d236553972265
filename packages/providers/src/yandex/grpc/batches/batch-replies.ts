// The replies of a batch find their requests: the service numbers nothing, and promises no order.
import { type BatchReply, type BatchRequests, BesedaError, type ModelEvent } from "@beseda/core";
import { type BatchMessage, digestOf, toBatchRow } from "./batch-rows.ts";

/** A row of the result. */
export type ResultRow = { request?: unknown; response?: unknown };

/** Of some lines of the source the service says what went wrong with them; `first` and `last` as it numbers them. */
export type LineProblem = { first: number; last: number; message: string };

export type ResultOfBatch = {
  requests: BatchRequests;
  rows: AsyncIterable<ResultRow>;
  problems: readonly LineProblem[];
  resultDatasetId: string;
};

/**
 * Pure but for reading. Requests of the same content are interchangeable: the k-th reply to such a content goes to the k-th
 * request of it. A reply is paid for: one whose request came back a little otherwise is given to the one that it resembles, or
 * stands in for, as long as all others stand in the order of the requests. Requests without a reply come last, as errors.
 */
export async function* matchReplies(result: ResultOfBatch): AsyncGenerator<BatchReply> {
  const open = await openRequests(result.requests);
  const count = open.size;
  const take = (place: Place, response: string): BatchReply => {
    open.delete(place);
    return { index: place.index, events: eventsOf(response) };
  };
  const exact = groupsOf(open, ({ digest }) => digest);
  let strangers: Stranger[] = [];
  let position = -1;
  let isInOrder = true;
  for await (const { request, response } of result.rows) {
    position++;
    // A row without a response says no more than one that is not there.
    if (typeof response !== "string") continue;
    const messages = messagesIn(request);
    const place = exact.get(digestOf(messages))?.shift();
    if (!place) strangers.push({ position, response, loose: digestOf(loosened(messages)) });
    else {
      isInOrder &&= place.index === position;
      yield take(place, response);
    }
  }
  const alike = groupsOf(open, ({ loose }) => loose);
  const others: Stranger[] = [];
  for (const stranger of strangers) {
    const place = alike.get(stranger.loose)?.shift();
    if (!place) others.push(stranger);
    else {
      isInOrder &&= place.index === stranger.position;
      yield take(place, stranger.response);
    }
  }
  strangers = others;
  // Where nothing at all was known again, these may be the requests of another batch.
  if (isInOrder && position + 1 === count && open.size < count && strangers.length === open.size) {
    const places = [...open];
    for (const [nth, { response }] of strangers.entries()) {
      const place = places[nth];
      if (place) yield take(place, response);
    }
    strangers = [];
  }
  const missing = [...open].map(({ index }) => index);
  const told = problemsByIndex(result.problems, missing);
  for (const index of missing) {
    yield { index, error: unanswered(index, { told, count, strangers: strangers.length, result }) };
  }
}

/** A request without a reply. */
type Place = { index: number; digest: string; loose: string };
type Stranger = { position: number; response: string; loose: string };

async function openRequests(requests: BatchRequests): Promise<Set<Place>> {
  const open = new Set<Place>();
  for await (const each of requests) {
    const { request } = toBatchRow(each, open.size + 1);
    open.add({ index: open.size, digest: digestOf(request), loose: digestOf(loosened(request)) });
  }
  return open;
}

function groupsOf(places: Iterable<Place>, keyOf: (place: Place) => string): Map<string, Place[]> {
  const groups = new Map<string, Place[]>();
  for (const place of places) {
    const group = groups.get(keyOf(place));
    if (group) group.push(place);
    else groups.set(keyOf(place), [place]);
  }
  return groups;
}

/** Without what a service may change on the way: the case of roles, line ends, forms of letters, and the answer at the end. */
function loosened(messages: readonly BatchMessage[]): BatchMessage[] {
  const plain = messages.map(({ role, text }) => ({
    role: role.toLowerCase(),
    text: text.normalize("NFC").replaceAll(/\r\n?/g, "\n").trim(),
  }));
  return plain.slice(0, plain.findLastIndex(({ role }) => role !== "assistant") + 1);
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
function problemsByIndex(problems: readonly LineProblem[], missing: readonly number[]): Map<number, string> {
  const open = new Set(missing);
  const fits = (base: number) => problems.every(({ first, last }) => open.has(first - base) && open.has(last - base));
  const [base, other] = [1, 0].filter(fits);
  const told = new Map<number, string>();
  if (base === undefined || other !== undefined) return told;
  for (const { first, last, message } of problems) {
    for (let line = first; line <= last; line++) told.set(line - base, message);
  }
  return told;
}

type Unanswered = {
  told: ReadonlyMap<number, string>;
  count: number;
  strangers: number;
  result: ResultOfBatch;
};

function unanswered(index: number, { told, count, strangers, result }: Unanswered): BesedaError {
  const message = told.get(index);
  if (message !== undefined) {
    return new BesedaError(`The service could not answer request ${index + 1} of the batch: ${message}`, {
      code: "rejected",
      hint: "Change the request, and put it into another batch.",
    });
  }
  const others =
    strangers > 0
      ? ` ${strangers} replies belong to none of the ${count} requests: they are in the dataset ${result.resultDatasetId}.`
      : "";
  const reported = result.problems.slice(0, 3).map((each) => each.message);
  const said = reported.length > 0 ? ` It reports of one of those without a reply: ${reported.join("; ")}.` : "";
  return new BesedaError(`The service gave no reply to request ${index + 1} of the batch.${others}${said}`, {
    code: "bad-response",
    hint:
      strangers > 0
        ? "Are these the requests that the batch was started with? Give the very same."
        : "Put it into another batch.",
  });
}
