// Keeps the places for rows busy: hands rows to whoever runs them, again where a failure may pass, until none is left or it is halted.
import type { BesedaError } from "@beseda/core";
import { longestTimer } from "@beseda/core/http";
import type { Budget } from "./budget.ts";
import type { Halt } from "./halt.ts";
import { concernsAll, fewestAlike, mayPass } from "./pace.ts";
import type { Line, PartLog } from "./part-log.ts";
import type { FedRow, RowFeed } from "./row-feed.ts";
import type { RowOutcome } from "./row-runner.ts";
import type { RowSlots, Seat } from "./slots.ts";

export type PumpOptions = {
  log: PartLog;
  slots: RowSlots;
  seat: Seat;
  /** Where it is asked before each row. */
  budget?: Budget | undefined;
  halt: Halt;
  run(fed: FedRow): Promise<RowOutcome>;
};

/** Of one step of a row; what is paused in between grows. */
const mostFailures = 5;
const firstPauseMs = 1_000;
const longestPauseMs = 60_000;
/** Where more rows than these fail in passing, and none is answered in between, the service is out of order. */
const mostFailing = 10;
/** Beside what is known of a row: it has waited for the end of an outage. Another one is its own. */
const outageKey = "outage";
/**
 * A worker that lives so long does not die of the rows it begins with; what kills it from outside had its time to come again.
 * The test of 200 kills, each up to 4 s after a worker began, passes with it; with 1.5 s a row had not its own answer.
 */
const quietMs = 5_000;

type Later = { fed: FedRow; at: number };

export class RowPump {
  readonly #options: PumpOptions;
  readonly #later: Later[] = [];
  /** Failed in passing, since the service has answered last. */
  readonly #failing = new Set<Line>();
  /** While no row is answered. */
  readonly #notFound = new Set<Line>();
  #isAlone = false;
  #open = 0;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
    options.halt.listeners.add(() => this.#wake?.());
  }

  /** Resolves when nothing is under way any more, whether all is done or it was halted. */
  async run(feed: RowFeed): Promise<void> {
    const { halt, seat } = this.#options;
    try {
      while (!halt.stop && (await this.#mayBegin()) && (await seat.take())) {
        const fed = await this.#next(feed).catch((thrown: unknown) => halt.fail(thrown));
        if (fed && !halt.stop) void this.#fromFeed(fed, feed);
        else {
          seat.release();
          if (halt.stop || (this.#open === 0 && this.#later.length === 0)) break;
          await this.#news();
        }
      }
    } catch (thrown) {
      halt.fail(thrown);
    }
    while (this.#open > 0) await this.#news();
  }

  /** One after the other, with nobody else at work: if a worker dies now, it is known of which row. */
  async runAlone(suspects: readonly FedRow[]): Promise<void> {
    const { halt, seat, log } = this.#options;
    this.#isAlone = true;
    const ms = quietMs - performance.now();
    // Meanwhile other parts are worked on.
    if (suspects.length > 0 && ms > 0 && !halt.stop) return halt.now({ why: "young", ms });
    try {
      for (const fed of suspects) {
        for (let isDone = false; !isDone && !halt.stop; ) {
          if (!(await this.#mayBegin()) || !(await seat.take({ isAlone: true }))) return;
          await log.begin([fed.line]).catch((thrown: unknown) => {
            seat.release();
            throw thrown;
          });
          isDone = await this.#work(fed);
          const later = this.#later.pop();
          if (later) await halt.pause(later.at - performance.now());
        }
      }
    } catch (thrown) {
      halt.fail(thrown);
    }
  }

  /** One that was put off is marked again: only what is under way is. Whoever has waited for a place may be too late. */
  async #next(feed: RowFeed): Promise<FedRow | undefined> {
    if (!(await this.#mayBegin())) return undefined;
    const due = this.#due();
    if (due) await feed.resume(due.line);
    return due ?? (this.#later.length < this.#options.slots.mostLater ? feed.next() : undefined);
  }

  async #mayBegin(): Promise<boolean> {
    const { halt, budget } = this.#options;
    if (budget?.isLimited && (await budget.isSpent())) halt.now({ why: "budget" });
    return halt.stop === undefined;
  }

  async #fromFeed(fed: FedRow, feed: RowFeed): Promise<void> {
    this.#open++;
    await this.#work(fed);
    feed.settle(fed.line);
    this.#open--;
    this.#wake?.();
  }

  /** Never rejects. Holds the place until the result is durable; whether there is nothing more to be done with the row now. */
  async #work(fed: FedRow): Promise<boolean> {
    const { run, seat, halt } = this.#options;
    const startedAt = performance.now();
    fed.begunAt ??= Date.now();
    try {
      const outcome = await run(fed);
      return "result" in outcome ? await this.#settled(fed, outcome, startedAt) : "parked" in outcome;
    } catch (thrown) {
      halt.fail(thrown);
      return false;
    } finally {
      seat.release();
    }
  }

  async #settled(
    fed: FedRow,
    { result, error }: Extract<RowOutcome, { result: unknown }>,
    startedAt: number,
  ): Promise<boolean> {
    const { log, halt, slots, budget } = this.#options;
    if (!error || !mayPass(error)) this.#failing.clear();
    if (!error) slots.pace.answered();
    else if (concernsAll(error, log.progress)) {
      if (error.code !== "not-found" || this.#isMetByOthers(fed)) {
        halt.now({ why: "refused", error });
        return false;
      }
      if (this.#putOff(fed, error)) return false;
    } else if (mayPass(error)) {
      slots.pace.refused(error, startedAt);
      this.#failing.add(fed.line);
      // What is halted is gone on with: then it is tried again.
      if (halt.stop) return false;
      if (this.#putOff(fed, error)) return false;
      if (this.#failing.size > mostFailing && !fed.work.entries.has(outageKey)) {
        await log.note([...this.#failing].map((line) => ({ line, key: outageKey, value: true })));
        halt.now({ why: "refused", error: error.with({ hint: outageHint }) });
        return false;
      }
    }
    await log.finish(fed.line, result, fed.work);
    budget?.spend(result.usage);
    return true;
  }

  /** @returns `false` for one that has failed too often at the same step: it is not tried again */
  #putOff(fed: FedRow, error: BesedaError): boolean {
    const failures = countFailure(fed);
    if (failures === mostFailures) return false;
    this.#later.push({ fed, at: performance.now() + pauseMs(error, failures) });
    fed.attempt++;
    fed.work.beginAgain();
    return true;
  }

  #isMetByOthers({ line }: FedRow): boolean {
    const { rows, failed } = this.#options.log.progress;
    this.#notFound.add(line);
    return this.#isAlone || this.#notFound.size >= Math.min(fewestAlike, rows - failed);
  }

  #due(): FedRow | undefined {
    const now = performance.now();
    const index = this.#later.findIndex(({ at }) => at <= now);
    return index === -1 ? undefined : this.#later.splice(index, 1)[0]?.fed;
  }

  /** Until a row has come to an end, it is time for one of those that were put off, or it is halted. */
  async #news(): Promise<void> {
    const at = this.#options.halt.stop ? Number.POSITIVE_INFINITY : Math.min(...this.#later.map((each) => each.at));
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (at !== Number.POSITIVE_INFINITY) {
        const ms = Math.max(0, Math.ceil(at - performance.now()));
        this.#timer = setTimeout(resolve, Math.min(ms, longestTimer));
      }
    });
    clearTimeout(this.#timer);
    this.#wake = undefined;
  }
}

const outageHint =
  "Many rows in a row have failed so, and none was answered. All that is answered is kept; when the service is back, go on: resume: true (--resume).";

/** One more. A row that got further than before begins to count anew. */
function countFailure(fed: FedRow): number {
  const { step, count } = fed.failures ?? { step: 0, count: 0 };
  const { stepsAnswered } = fed.work;
  fed.failures = stepsAnswered > step ? { step: stepsAnswered, count: 1 } : { step, count: count + 1 };
  return fed.failures.count;
}

function pauseMs({ retryAfterMs }: BesedaError, failures: number): number {
  return retryAfterMs ?? Math.min(firstPauseMs * 4 ** (failures - 1), longestPauseMs);
}
