// Where progress is shown: on a terminal one line, written over; in a log a line now and then.
import type { Environment } from "./choose-model.ts";
import { barLine, type Progress, progressSentence } from "./progress-bar.ts";
import { ProgressLine } from "./progress-line.ts";
import { writeLines } from "./write-lines.ts";

/** In a log: after another tenth of the rows, if a second has passed, and after ten seconds in any case. */
const share = 0.1;
const soonestMs = 1_000;
const latestMs = 10_000;

export class ProgressDisplay {
  readonly #line = new ProgressLine();
  readonly #isLive: boolean;
  readonly #now: () => number;
  #told: { atMs: number; finished: number } | undefined;
  #problem: string | undefined;

  constructor(env: Environment, now: () => number = () => performance.now()) {
    this.#isLive = isLive(process.stderr, env);
    this.#now = now;
  }

  show(progress: Progress): void {
    this.#tellProblem(progress.problem);
    if (this.#isLive) this.#line.show(barLine(progress, (process.stderr.columns || 80) - 1));
    else this.#tell(progress, this.#now());
  }

  /** A line of its own, which stays. */
  say(...lines: string[]): void {
    this.clear();
    writeLines(lines, process.stderr);
  }

  clear(): void {
    this.#line.clear();
  }

  /** Each once, however often it is tried again. */
  #tellProblem(problem: string | undefined): void {
    if (problem === undefined || problem === this.#problem) return;
    this.#problem = problem;
    this.say(problem);
  }

  #tell(progress: Progress, atMs: number): void {
    const { finished, rows = 0 } = progress;
    this.#told ??= { atMs, finished };
    const waited = atMs - this.#told.atMs;
    const isFurther = rows > 0 && finished - this.#told.finished >= rows * share && waited >= soonestMs;
    if (!isFurther && waited < latestMs) return;
    this.#told = { atMs, finished };
    writeLines([progressSentence(progress)], process.stderr);
  }
}

/** Not where a machine reads along, though it may pretend to be a terminal. */
export function isLive({ isTTY }: { isTTY?: boolean | undefined }, env: Environment): boolean {
  const isBuild = env.CI !== undefined && env.CI !== "" && env.CI !== "false";
  return isTTY === true && !isBuild && env.TERM !== "dumb";
}
