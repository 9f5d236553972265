// Tells those who look how far a run is: its parts as events, a few times a second, and its metadata with them.
import { type JsonValue, type Lease, plainOutput, type StreamPart } from "@beseda/core";
import { plainError } from "../worker/job-error.ts";
import { withoutOffers } from "../worker/offer.ts";

const everyMs = 80;

export class RunReport {
  readonly #lease: Lease;
  #metadata: Record<string, JsonValue>;
  /** Of the metadata, as JSON. */
  #told: string;
  #parts: StreamPart[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sent: Promise<void> = Promise.resolve();

  constructor(lease: Lease) {
    this.#lease = lease;
    const { metadata } = lease.job;
    this.#metadata = withoutOffers(metadata);
    this.#told = JSON.stringify(metadata);
  }

  get metadata(): Readonly<Record<string, JsonValue>> {
    return this.#metadata;
  }

  add(part: StreamPart): void {
    if (!this.#joins(part)) this.#parts.push({ ...part });
    if (part.type === "finish-step" && part.parentCallId === undefined) this.#noteStep(part.step);
    this.#timer ??= setTimeout(() => this.#send(), everyMs);
  }

  /** Sent with the next parts. `undefined` takes a field out. */
  note(news: Readonly<Record<string, JsonValue | undefined>>): void {
    this.#metadata = Object.fromEntries(
      Object.entries({ ...this.#metadata, ...news }).filter(
        (field): field is [string, JsonValue] => field[1] !== undefined,
      ),
    );
  }

  /** Resolves when everything has been told. */
  async end(news: Readonly<Record<string, JsonValue | undefined>> = {}): Promise<void> {
    this.note(news);
    this.#send();
    await this.#sent;
  }

  /** A failure is told by `end`. */
  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = this.#parts.map(plainPart);
    this.#parts = [];
    const now = JSON.stringify(this.#metadata);
    // Only where they have changed: an engine may write the whole job anew for them, its input included.
    const news = now === this.#told ? { events } : { metadata: this.#metadata, events };
    this.#told = now;
    this.#sent = this.#sent.then(() => this.#lease.report(news));
    this.#sent.catch(() => {});
  }

  /** Failures count in a row. Steps that the journal has are told again by each attempt. */
  #noteStep(step: number): void {
    if (step > Number(this.#metadata.step ?? 0)) this.note({ step, failures: undefined, problem: undefined });
  }

  /** Texts that are written piece by piece are told in pieces of our own. */
  #joins(part: StreamPart): boolean {
    const last = this.#parts.at(-1);
    if (part.type !== "text-delta" && part.type !== "reasoning-delta") return false;
    if (last?.type !== part.type || last.id !== part.id || last.runId !== part.runId) return false;
    last.text += part.text;
    return true;
  }
}

function plainPart(part: StreamPart): JsonValue {
  if (part.type === "error") return { ...part, error: plainError(part.error) } as unknown as JsonValue;
  return plainOutput(part);
}
