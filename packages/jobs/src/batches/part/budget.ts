// Whether a batch has used up what it may: by the sum that its job shows, and by what this process knows itself.
import { addUsage, type JobEngine, type LanguageModel, noUsage, type Usage } from "@beseda/core";
import type { BatchLimits } from "../batch.ts";

/** How soon what others have used is asked for again. Milliseconds. */
const askAgainMs = 1_000;

export class Budget {
  readonly #engine: JobEngine;
  readonly #batchId: string;
  #limits: Pick<BatchLimits, "maxTokens" | "maxCost"> = {};
  /** By parts in this process, since it began with this batch. */
  #here = noUsage;
  #reported = noUsage;
  readonly #rooms = new Set<Room>();
  /** What was guessed of requests that are answered, and what they came to. */
  #learned = { guessed: noUsage, came: noUsage };
  #askedAt = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;

  constructor(engine: JobEngine, batchId: string) {
    this.#engine = engine;
    this.#batchId = batchId;
  }

  /** The latest hold. */
  limitTo(limits: BatchLimits): void {
    this.#limits = limits;
  }

  spend(usage: Usage): void {
    if (this.isLimited) this.#here = addUsage(this.#here, usage);
  }

  /** Nothing to wait for, as a rule. */
  async isSpent(): Promise<boolean> {
    if (!this.isLimited) return false;
    if (performance.now() - this.#askedAt > askAgainMs) {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined;
      });
      await this.#asking;
    }
    return isOver(this.#here, this.#limits) || isOver(this.#reported, this.#limits);
  }

  /** Of what is sent before anything of it is paid: requests of one batch. */
  room(): Room {
    return new Room(this);
  }

  /**
   * Whether a request that comes to about so much still fits into this room beside what is used and what is under way. Guesses are
   * mended by what earlier ones came to. Of a batch that has used nothing yet one request always fits: a guess is no reason to do
   * nothing.
   */
  fits(room: Room, guess: Guess): boolean {
    if (!this.isLimited) return true;
    const rooms = [...this.#rooms];
    const isFirst = rooms.every(({ usage }) => usage.totalTokens === 0);
    if (isFirst && this.#here.totalTokens === 0 && this.#reported.totalTokens === 0) return true;
    const used = this.#here.totalTokens > this.#reported.totalTokens ? this.#here : this.#reported;
    const guesses = rooms.flatMap((each) => each.with(each === room ? guess : undefined));
    const all = guesses.map((each) => this.#mended(each)).reduce(addUsage, used);
    const { maxTokens = Number.POSITIVE_INFINITY, maxCost = {} } = this.#limits;
    if (all.totalTokens > maxTokens) return false;
    return Object.entries(maxCost).every(([currency, most]) => (all.cost?.[currency] ?? 0) <= most);
  }

  /** With its cost: of a whole batch, which may cost something however small it is. */
  #mended({ usage, costOf }: Guess): Usage {
    const { guessed, came } = this.#learned;
    const mended = (tokens: "inputTokens" | "outputTokens") =>
      guessed[tokens] === 0 ? usage[tokens] : Math.round((usage[tokens] * came[tokens]) / guessed[tokens]);
    const [inputTokens, outputTokens] = [mended("inputTokens"), mended("outputTokens")];
    const whole = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens };
    const cost = costOf?.(whole, "batch");
    return cost ? { ...whole, cost } : whole;
  }

  enter(room: Room): void {
    this.#rooms.add(room);
  }

  leave(room: Room, came: Usage): void {
    if (!this.#rooms.delete(room) || room.usage.totalTokens === 0 || came.totalTokens === 0) return;
    const learned = this.#learned;
    this.#learned = { guessed: addUsage(learned.guessed, room.usage), came: addUsage(learned.came, came) };
  }

  get isLimited(): boolean {
    return this.#limits.maxTokens !== undefined || this.#limits.maxCost !== undefined;
  }

  async #ask(): Promise<void> {
    const usage = (await this.#engine.get(this.#batchId))?.metadata.usage;
    if (usage) this.#reported = usage as unknown as Usage;
    this.#askedAt = performance.now();
  }
}

/** What requests of one batch of the service are taken to come to, and the prices of their model, where it knows them. */
export type Guess = { batch: object; usage: Usage; costOf: LanguageModel["costOf"] };

/** Requests that are going to be under way together, in some batches of the service. */
export class Room {
  usage = noUsage;
  readonly #batches = new Map<object, Guess>();
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
    budget.enter(this);
  }

  /** Takes the room that it needs; false where there is not enough. */
  take(guess: Guess): boolean {
    if (!this.#budget.fits(this, guess)) return false;
    this.usage = addUsage(this.usage, guess.usage);
    this.#batches.set(guess.batch, this.#joined(guess));
    return true;
  }

  /** By batch, another request among them. */
  with(guess: Guess | undefined): Guess[] {
    if (!guess) return [...this.#batches.values()];
    const others = [...this.#batches.values()].filter(({ batch }) => batch !== guess.batch);
    return [...others, this.#joined(guess)];
  }

  #joined(guess: Guess): Guess {
    const known = this.#batches.get(guess.batch);
    return known ? { ...guess, usage: addUsage(known.usage, guess.usage) } : guess;
  }

  /** With what all of them came to. */
  leave(came: Usage = noUsage): void {
    this.#budget.leave(this, came);
  }
}

function isOver(
  { totalTokens, cost = {} }: Usage,
  { maxTokens, maxCost = {} }: Pick<BatchLimits, "maxTokens" | "maxCost">,
) {
  if (maxTokens !== undefined && totalTokens >= maxTokens) return true;
  return Object.entries(maxCost).some(([currency, most]) => (cost[currency] ?? 0) >= most);
}
