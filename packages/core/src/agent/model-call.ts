// One call of a model, watched: it ends when the run is stopped or the model keeps silent too long, whatever the model does.
import { BesedaError } from "../errors.ts";
import type { LanguageModel, ModelEvent, ModelRequest } from "../ports/language-model.ts";
import type { StopSwitch } from "./stop-switch.ts";
import { startTimer, type Timeouts } from "./timeouts.ts";

export class ModelCall {
  readonly #events: AsyncIterator<ModelEvent[]>;
  readonly #controller = new AbortController();
  readonly #stop: StopSwitch;
  readonly #chunkMs: number;
  readonly #stepTimer: NodeJS.Timeout | undefined;
  #silenceTimer: NodeJS.Timeout | undefined;
  #heardAnything = false;
  #resolve: ((events: ModelEvent[]) => void) | undefined;
  /** Set while somebody waits in `next()`. */
  #reject: ((reason: unknown) => void) | undefined;
  #isOver = false;

  constructor(
    model: LanguageModel,
    request: ModelRequest,
    { timeouts, stop, streamed }: { timeouts: Timeouts; stop: StopSwitch; streamed: boolean },
  ) {
    const { stepMs, firstChunkMs, chunkMs } = timeouts;
    const name = `${model.provider}:${model.modelId}`;
    this.#stop = stop;
    stop.throwIfStopped();
    stop.onStop = (reason) => this.#abort(reason);
    const comesInPieces = streamed && model.abilities?.streams !== false;
    this.#chunkMs = comesInPieces ? chunkMs : Number.POSITIVE_INFINITY;
    this.#events = model.stream(request, { signal: this.#controller.signal, streamed })[Symbol.asyncIterator]();
    this.#stepTimer = startTimer(stepMs, () =>
      this.#abort(tooSlow(`${name} did not finish its reply in ${stepMs} ms.`, "stepMs")),
    );
    this.#watchSilence(comesInPieces ? firstChunkMs : Number.POSITIVE_INFINITY, () =>
      tooSlow(`${name} sent nothing for ${firstChunkMs} ms.`, "firstChunkMs"),
    );
  }

  /** The next events; nothing after the `finish`. An error or the end lets go of the timers and of the connection. */
  next(): Promise<ModelEvent[] | undefined> {
    if (this.#isOver) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      const { signal } = this.#controller;
      try {
        signal.throwIfAborted();
        this.#silenceTimer?.refresh();
        this.#events.next().then(this.#onEvents, this.#fail);
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  // Made once, and not for each array of events.
  readonly #onEvents = ({ done, value }: IteratorResult<ModelEvent[]>): void => {
    if (this.#isOver) return;
    if (done) {
      this.#fail(unfinished());
      return;
    }
    this.#reject = undefined;
    if (!this.#heardAnything) this.#firstHeard();
    if (value.at(-1)?.type === "finish") this.#close();
    this.#resolve?.(value);
  };

  readonly #fail = (reason: unknown): void => {
    if (this.#isOver) return;
    this.#close();
    this.#reject?.(reason);
  };

  #firstHeard(): void {
    this.#heardAnything = true;
    clearTimeout(this.#silenceTimer);
    this.#watchSilence(this.#chunkMs, () =>
      tooSlow(`The model fell silent for ${this.#chunkMs} ms in the middle of its reply.`, "chunkMs"),
    );
  }

  /** A reader may take its time between two `next()`; only the model's silence counts. */
  #watchSilence(ms: number, error: () => BesedaError): void {
    this.#silenceTimer = startTimer(ms, () => {
      if (this.#reject) this.#abort(error());
    });
  }

  #abort(reason: unknown): void {
    this.#controller.abort(reason);
    if (this.#reject) this.#fail(reason);
  }

  #close(): void {
    this.#isOver = true;
    this.#stop.onStop = undefined;
    clearTimeout(this.#stepTimer);
    clearTimeout(this.#silenceTimer);
    // Not awaited: an iterator that hangs in next() does not come back from return() either.
    void leave(this.#events);
  }
}

/** Never rejects, whatever the adapter does. */
async function leave(events: AsyncIterator<ModelEvent[]>): Promise<void> {
  try {
    await events.return?.();
  } catch {}
}

function tooSlow(message: string, limit: keyof Timeouts): BesedaError {
  const hint = `Try again, or raise timeouts.${limit} of the agent.`;
  return new BesedaError(message, { code: "timeout", hint, isRetryable: true });
}

function unfinished(): BesedaError {
  return new BesedaError("The model's reply ended without a finish event.", {
    code: "bad-response",
    hint: "Its adapter does not keep to the LanguageModel port: run languageModelCases() on it.",
  });
}
