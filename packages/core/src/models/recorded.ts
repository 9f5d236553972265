// A model whose replies are kept in a file, and given out again without it.
import { BesedaError, type ErrorCode, toBesedaError } from "../errors.ts";
import type { JsonValue } from "../message.ts";
import type { LanguageModel, ModelCallOptions, ModelEvent, ModelRequest } from "../ports/language-model.ts";
import { waitUntil } from "../tape/pace.ts";
import { scrubJson, scrubPieces, scrubText } from "../tape/scrub.ts";
import { openTape, type Recording, type Replay, type Tape, type TapeMode } from "../tape/tape.ts";

export type RecordedOptions = {
  /**
   * `replay` answers from the file and never asks the model; `record` asks the model and makes the file anew. Without it
   * a file that is there is replayed and one that is not is recorded, until the process ends: to record anew, delete it.
   */
  mode?: TapeMode | undefined;
  /** Whether a replay takes its time as the model did. Default `at-once`. */
  timing?: "at-once" | "recorded" | undefined;
  /** What is kept and compared of a request, for instructions that hold today's date and the like. */
  normalize?: ((request: ModelRequest) => ModelRequest) | undefined;
};

/**
 * A model that is asked once, and answers from the file ever after: for tests and evals that need no key, no network and
 * no money. The file is lines of JSON, to be kept with the tests; what looks like a secret is stars in it.
 *
 * A replay is strict. A request that was not recorded is an error of the code `rejected`, which says where it differs from
 * the nearest one that was. A request that was made several times gets its replies in the order of then; each
 * `recorded()` begins anew. Errors are recorded too. When a message was made and what it cost is not compared.
 *
 * Errors of the file come with the first event: `damaged`, `unsupported` (of a newer version), `invalid-argument` (not
 * there, or no such recording), `locked` (another process records to it).
 */
export function recorded(model: LanguageModel, file: string, options: RecordedOptions = {}): LanguageModel {
  let opened: Promise<Tape<RecordedReply>> | undefined;
  const open = () => {
    opened ??= openTape<RecordedReply>(file, "model", options.mode);
    return opened;
  };
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: model.abilities,
    costOf: model.costOf,
    defaults: model.defaults,
    stream: (request, call = {}) => answer(model, { request, ...call, open, options }),
    // Neither operations nor batches: what they answer would not be in the file, and what is replayed would be paid for.
  };
}

/** `at` is in milliseconds since the request. Without a `finish` or an error the reader had left. */
type RecordedReply = { chunks: { at: number; events: ModelEvent[] }[]; error?: RecordedError };

type RecordedError = Partial<Pick<BesedaError, "isRetryable" | "retryAfterMs" | "requestId" | "traceId" | "status">> & {
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
};

type Call = ModelCallOptions & {
  request: ModelRequest;
  open(): Promise<Tape<RecordedReply>>;
  options: RecordedOptions;
};

async function* answer(model: LanguageModel, call: Call): AsyncGenerator<ModelEvent[]> {
  call.signal?.throwIfAborted();
  const tape = await call.open();
  call.signal?.throwIfAborted();
  const asked = keptOf(model, call);
  if (tape.mode === "replay") yield* replay(tape, asked, call);
  else yield* record(tape, asked, { model, ...call });
}

async function* replay(
  tape: Replay<RecordedReply>,
  asked: JsonValue,
  { signal, options: { timing } }: Call,
): AsyncGenerator<ModelEvent[]> {
  const { chunks, error } = tape.take(asked);
  const start = performance.now();
  for (const { at, events } of chunks) {
    if (timing === "recorded") await waitUntil(at, start, signal);
    signal?.throwIfAborted();
    yield events;
    if (events.at(-1)?.type === "finish") return;
  }
  signal?.throwIfAborted();
  throw error ? new BesedaError(error.message, error) : cutShort();
}

async function* record(
  tape: Recording<RecordedReply>,
  asked: JsonValue,
  { model, request, signal, untilSent, streamed }: Call & { model: LanguageModel },
): AsyncGenerator<ModelEvent[]> {
  const keep = tape.begin(asked);
  const start = performance.now();
  const chunks: RecordedReply["chunks"] = [];
  let isKept = false;
  try {
    for await (const events of model.stream(request, { signal, untilSent, streamed })) {
      chunks.push({ at: Math.round(performance.now() - start), events });
      if (events.at(-1)?.type === "finish") {
        isKept = true;
        // Before anybody hears that it is over, so that whoever heard it finds it in the file.
        await keep({ chunks: scrubbed(chunks) });
      }
      yield events;
    }
  } catch (thrown) {
    if (!isKept && !signal?.aborted) {
      isKept = true;
      await keep({ chunks: scrubbed(chunks), error: recordedError(toBesedaError(thrown)) });
    }
    throw thrown;
  } finally {
    if (!isKept) await keep({ chunks: scrubbed(chunks) });
  }
}

/** What of a call tells it from others, as plain data. */
function keptOf({ provider, modelId }: LanguageModel, { request, streamed = true, options }: Call): JsonValue {
  const { normalize = (same) => same } = options;
  const { messages, ...rest } = normalize(request);
  const said = messages.map((message) => {
    const { createdAt, ...kept } = message;
    if (kept.role !== "assistant") return kept;
    const { usage, ...without } = kept;
    return without;
  });
  const kept = { provider, modelId, streamed, ...rest, messages: said };
  return scrubJson(JSON.parse(JSON.stringify(kept)) as JsonValue);
}

function recordedError({
  code,
  message,
  hint,
  isRetryable,
  retryAfterMs,
  requestId,
  traceId,
  status,
}: BesedaError): RecordedError {
  const texts = { message: scrubText(message), ...(hint !== undefined && { hint: scrubText(hint) }) };
  return { code, ...texts, isRetryable, retryAfterMs, requestId, traceId, status };
}

const piecesOf = { "text-delta": "text", "reasoning-delta": "text", "tool-input-delta": "delta" } as const;

/** What is streamed in pieces is looked at as a whole: a secret may be spread over several. */
function scrubbed(chunks: RecordedReply["chunks"]): RecordedReply["chunks"] {
  const copies = chunks.map(({ at, events }) => ({
    at,
    events: scrubJson(JSON.parse(JSON.stringify(events)) as JsonValue) as ModelEvent[],
  }));
  const events = copies.flatMap((chunk) => chunk.events);
  for (const [type, field] of Object.entries(piecesOf)) {
    const pieces: Record<string, unknown>[] = events.filter((event) => event.type === type);
    const texts = scrubPieces(pieces.map((piece) => String(piece[field])));
    for (const [index, piece] of pieces.entries()) piece[field] = texts[index];
  }
  return copies;
}

function cutShort(): BesedaError {
  return new BesedaError("The recorded reply goes no further: its reader had left before the end.", {
    code: "rejected",
    hint: "Record anew, and read the reply to where it is needed.",
  });
}
