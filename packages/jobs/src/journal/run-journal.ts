// The journal of one run: what it was answered and what its tools came to, under keys that are the same in each attempt.
import type {
  CallOutcome,
  Journal,
  JournalledCall,
  JsonValue,
  LanguageModel,
  Message,
  ModelCallOptions,
  ModelEvent,
  ModelRequest,
  Store,
} from "@beseda/core";
import type { JournalPlace } from "./journal-place.ts";
import { LegStore } from "./leg-store.ts";
import { NotedReply } from "./note-reply.ts";
import { ThreadLog } from "./thread-log.ts";

/** How a model is asked for a reply that the journal does not have. */
export type AskModel = (question: ModelQuestion) => AsyncIterable<ModelEvent[]>;

export type ModelQuestion = {
  model: LanguageModel;
  request: ModelRequest;
  options: ModelCallOptions;
  /** One entry of the journal beside the reply: what was begun elsewhere to get it, such as the id of an operation. */
  begun: { read(): JsonValue | undefined; write(value: JsonValue): Promise<void> };
};

export type RunJournalOptions = {
  runId: string;
  place: JournalPlace;
  ask: AskModel;
  /** How those are asked that a tool starts. Default: as all are. */
  askBelow?: AskModel | undefined;
  /** How often the run was taken up again after an approval. What was kept in one leg is read in the next. Default 0. */
  leg?: number | undefined;
  /** ISO 8601. What waited for an approval then waits still, however late it is taken up. */
  decidedAt?: string | undefined;
  /** Once aborted, nothing is begun any more: the run ends with the reason, where another attempt goes on. */
  closing?: AbortSignal | undefined;
  /** Once aborted, this attempt is given up, and keeps nothing any more. */
  left?: AbortSignal | undefined;
};

const unknownOutcome: CallOutcome = {
  error:
    "This call was begun, and then the program was interrupted. Whether it took effect is unknown, and it is not repeated by itself.",
};

export class RunJournal implements Journal {
  readonly runId: string;
  readonly #place: JournalPlace;
  readonly #options: RunJournalOptions;
  readonly #leg: number;
  #store: Store | undefined;
  // Most runs, such as the rows of a batch, have no memory and start no others.
  #threadLog: ThreadLog | undefined;
  /** By the call that started them. */
  #below: Map<string, RunJournal[]> | undefined;
  #failure: { reason: unknown } | undefined;

  constructor(options: RunJournalOptions) {
    const { runId, place, leg = 0 } = options;
    this.runId = runId;
    this.#place = place;
    this.#options = options;
    this.#leg = leg;
  }

  get store(): Store {
    this.#store ??= new LegStore(this.#place, this.#leg, this.#options.decidedAt);
    return this.#store;
  }

  model(model: LanguageModel, step: number): LanguageModel {
    return new JournalledModel(model, (request, options) => this.#ask(step, { model, request, options }));
  }

  async outcome(call: JournalledCall): Promise<CallOutcome | undefined> {
    this.#throwIfBroken();
    const known = this.#place.entries.get(keyOf(call)) as Begun | CallOutcome | undefined;
    if (typeof known !== "number") return known;
    // A leg ends in good order: what was begun in an earlier one waits with the run that it has started.
    return call.replay === "never" && known === this.#leg ? unknownOutcome : undefined;
  }

  async begin(call: JournalledCall): Promise<void> {
    this.#throwIfBroken();
    this.#throwIfClosing();
    const key = keyOf(call);
    const begun: Begun = this.#leg;
    // What may be carried out again need not wait for it.
    if (call.replay === "safe") this.#note(key, begun);
    else await this.#place.write([[key, begun]]);
  }

  /** Not waited for: of a call whose `replay` is `never` that ends just before a kill the outcome may be unknown, never wrong. */
  async end(call: JournalledCall, outcome: CallOutcome): Promise<void> {
    this.#throwIfBroken();
    for (const journal of this.#below?.get(pathOf(call)) ?? []) await journal.keepCut();
    this.#note(keyOf(call), outcome as unknown as JsonValue);
  }

  load(stored: readonly Message[]): Promise<Message[]> {
    return this.#log.load(stored);
  }

  async keep(key: string, message: Message, append: () => Promise<void>): Promise<void> {
    this.#throwIfBroken();
    await this.#log.keep(key, message, append);
  }

  /**
   * Stores the beginning of a reply that was cut off. Only for a run that is over: another attempt would have the whole
   * reply in its place.
   */
  keepCut(): Promise<void> {
    return this.#threadLog?.keepCut() ?? Promise.resolve();
  }

  below(call: JournalledCall, key: string): Journal {
    const { runId, place, ask, askBelow = ask, ...others } = this.#options;
    const path = pathOf(call);
    this.#below ??= new Map();
    const started = this.#below.get(path) ?? [];
    this.#below.set(path, started);
    const prefix = `${path}/${key}/`;
    const own = { entries: entriesUnder(place.entries, prefix), write: prefixed(place, prefix) };
    const journal = new RunJournal({
      ...others,
      runId: `${runId}/${call.callId}/${key}`,
      place: own,
      ask: askBelow,
    });
    started.push(journal);
    return journal;
  }

  #ask(step: number, asked: Omit<ModelQuestion, "begun">): AsyncIterable<ModelEvent[]> {
    const key = `reply/${step}`;
    const known = this.#place.entries.get(key) as ModelEvent[] | undefined;
    if (known) return only(known);
    this.#throwIfClosing();
    const reply = this.#options.ask({ ...asked, begun: this.#entry(`asked/${step}`) });
    return new NotedReply(reply, (events) => this.#note(key, events as unknown as JsonValue));
  }

  get #log(): ThreadLog {
    this.#threadLog ??= new ThreadLog(this.#place, this.#leg);
    return this.#threadLog;
  }

  #entry(key: string): ModelQuestion["begun"] {
    return {
      read: () => this.#place.entries.get(key),
      write: (value) => this.#place.write([[key, value]]),
    };
  }

  /** Not waited for: what is lost here is done again, as all is that was in flight. Later writes come after it. */
  #note(key: string, value: JsonValue): void {
    this.#place.write([[key, value]]).catch((reason: unknown) => {
      this.#failure ??= { reason };
    });
  }

  #throwIfBroken(): void {
    if (this.#failure) throw this.#failure.reason;
    this.#options.left?.throwIfAborted();
  }

  #throwIfClosing(): void {
    this.#options.closing?.throwIfAborted();
  }
}

/** Whether a run has come to where it waits for an operation of its service, and does nothing else. */
export function onlyWaits(entries: JournalPlace["entries"]): boolean {
  return [...entries].some(([key, asked]) => {
    const [, step] = /^asked\/(\d+)$/.exec(key) ?? [];
    return step !== undefined && (asked as { id?: string } | null)?.id !== undefined && !entries.has(`reply/${step}`);
  });
}

class JournalledModel implements LanguageModel {
  readonly provider: string;
  readonly modelId: string;
  readonly abilities: LanguageModel["abilities"];
  readonly #ask: (request: ModelRequest, options: ModelCallOptions) => AsyncIterable<ModelEvent[]>;

  constructor(
    { provider, modelId, abilities }: LanguageModel,
    ask: (request: ModelRequest, options: ModelCallOptions) => AsyncIterable<ModelEvent[]>,
  ) {
    this.provider = provider;
    this.modelId = modelId;
    this.abilities = abilities;
    this.#ask = ask;
  }

  stream(request: ModelRequest, options: ModelCallOptions = {}): AsyncIterable<ModelEvent[]> {
    return this.#ask(request, options);
  }
}

/** The leg in which a call was begun that has no outcome yet. */
type Begun = number;

function keyOf({ step, callId }: JournalledCall): string {
  return `call/${step}/${segment(callId)}`;
}

function pathOf({ step, callId }: JournalledCall): string {
  return `below/${step}/${segment(callId)}`;
}

/** Services name their calls as they like, with slashes and half characters. */
function segment(callId: string): string {
  return encodeURIComponent(callId.toWellFormed());
}

async function* only(events: ModelEvent[]): AsyncGenerator<ModelEvent[]> {
  yield events;
}

function entriesUnder(entries: JournalPlace["entries"], prefix: string): Map<string, JsonValue> {
  return new Map(
    [...entries].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
  );
}

function prefixed(place: JournalPlace, prefix: string): JournalPlace["write"] {
  return (entries) => place.write(entries.map(([key, value]) => [prefix + key, value] as const));
}
