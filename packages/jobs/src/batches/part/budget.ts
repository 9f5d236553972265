// Whether a batch has used up what it may: by the sum that its job shows, and by what this process knows itself.
import { addUsage, type JobEngine, noUsage, type Usage } from "@beseda/core";
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
  #learned = { guessed: 0, came: noUsage };
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
    if (this.#isLimited) this.#here = addUsage(this.#here, usage);
  }

  /** Nothing to wait for, as a rule. */
  async isSpent(): Promise<boolean> {
    if (!this.#isLimited) return false;
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
   * Whether a request that comes to about so much still fits beside what is used and what is under way. Guesses are mended by
   * what earlier ones came to. Of a batch that has used nothing yet one request always fits: a guess is no reason to do nothing.
   */
  fits({ tokens, cost }: Guess): boolean {
    if (!this.#isLimited) return true;
    const underWay = [...this.#rooms].reduce((sum, room) => sum + room.tokens, 0);
    if (underWay === 0 && this.#here.totalTokens === 0 && this.#reported.totalTokens === 0) return true;
    const { maxTokens, maxCost = {} } = this.#limits;
    const used = this.#here.totalTokens > this.#reported.totalTokens ? this.#here : this.#reported;
    const { guessed, came } = this.#learned;
    const factor = guessed === 0 ? 1 : came.totalTokens / guessed;
    if (maxTokens !== undefined && used.totalTokens + (underWay + tokens) * factor > maxTokens) return false;
    return Object.entries(maxCost).every(([currency, most]) => {
      const perToken =
        guessed === 0
          ? (cost?.[currency] ?? Number.POSITIVE_INFINITY) / tokens
          : (came.cost?.[currency] ?? 0) / guessed;
      return (used.cost?.[currency] ?? 0) + (underWay + tokens) * perToken <= most;
    });
  }

  enter(room: Room): void {
    this.#rooms.add(room);
  }

  leave(room: Room, came: Usage): void {
    if (!this.#rooms.delete(room) || room.tokens === 0 || came.totalTokens === 0) return;
    const learned = this.#learned;
    this.#learned = { guessed: learned.guessed + room.tokens, came: addUsage(learned.came, came) };
  }

  get #isLimited(): boolean {
    return this.#limits.maxTokens !== undefined || this.#limits.maxCost !== undefined;
  }

  async #ask(): Promise<void> {
    const usage = (await this.#engine.get(this.#batchId))?.metadata.usage;
    if (usage) this.#reported = usage as unknown as Usage;
    this.#askedAt = performance.now();
  }
}

/** What a request is taken to come to; the cost by currency, where its model knows its prices. */
export type Guess = { tokens: number; cost: Usage["cost"] };

/** Requests that are going to be under way together. */
export class Room {
  tokens = 0;
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
    budget.enter(this);
  }

  /** Takes the room that it needs; false where there is not enough. */
  take(guess: Guess): boolean {
    if (!this.#budget.fits(guess)) return false;
    this.tokens += guess.tokens;
    return true;
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
