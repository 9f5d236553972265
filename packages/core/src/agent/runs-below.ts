// The runs that one tool call starts: told apart, known when they have ended, and gone on with after an approval.
import { createHash } from "node:crypto";
import type { JsonValue } from "../message.ts";
import type { Journal } from "../ports/journal.ts";
import type { Decision, PendingApproval, SubRun } from "./approvals.ts";
import type { RunResult } from "./run-record.ts";

export type ResumedRun = SubRun & { decisions: readonly Decision[] };

/** One run that a call starts; with what it goes on, or what it has come to already. */
export type StartedRun = {
  journal: Journal | undefined;
  resumed: ResumedRun | undefined;
  ended: RunResult | undefined;
  /** To be called with the id of the run. */
  begin(runId: string): void;
};

type Place = Pick<SubRun, "key" | "nth">;

type Book = Pick<SubRun, "known"> & {
  /** By the id of the run. */
  placeOf: Map<string, Place>;
  agents: Map<string, number>;
  questions: Map<string, number>;
};

export class RunsBelow {
  /** Set where one has to wait for an approval: the call waits too, whatever its tool makes of that. */
  waiting: (SubRun & { pending: readonly PendingApproval[] }) | undefined;
  readonly #journalOf: ((key: string) => Journal) | undefined;
  /** Until the run that had to wait is asked again. */
  #resumed: ResumedRun | undefined;
  #book: Book | undefined;

  constructor(resumed: ResumedRun | undefined, journalOf: ((key: string) => Journal) | undefined) {
    this.#resumed = resumed;
    this.#journalOf = journalOf;
  }

  /** By agent and input, whatever the order in which runs are started side by side; equal ones are counted. */
  start(agentName: string, input: unknown): StartedRun {
    const question = createHash("sha256")
      .update(JSON.stringify([agentName, input]))
      .digest("hex")
      .slice(0, 16);
    // Made for the first run: most calls start none.
    this.#book ??= { known: { ...this.#resumed?.known }, placeOf: new Map(), agents: new Map(), questions: new Map() };
    const { known, placeOf, agents, questions } = this.#book;
    const again = countOf(question, questions);
    const own: Place = {
      key: again === 0 ? question : `${question}-${again}`,
      nth: countOf(agentName, agents),
    };
    const ended = (known[own.key] ?? undefined) as RunResult | undefined;
    if (ended) return { journal: undefined, resumed: undefined, ended, begin: () => {} };
    const resumed = this.#takeResumed(agentName, own, known);
    const { key, nth } = resumed ?? own;
    known[key] = null;
    const begin = (runId: string) => placeOf.set(runId, { key, nth });
    return { journal: this.#journalOf?.(key), resumed, ended, begin };
  }

  /** A run has to wait. The first one counts: the others are asked again when it has ended. */
  wait(runId: string, agentName: string, pending: readonly PendingApproval[]): void {
    const place = this.#book?.placeOf.get(runId);
    if (this.#book && place) this.waiting ??= { runId, agentName, ...place, known: this.#book.known, pending };
  }

  /** A run has come to an answer, which it need not come to again where the call has to wait. */
  end(result: RunResult): void {
    const place = this.#book?.placeOf.get(result.runId);
    const hasEnded = result.finishReason !== "approval" && result.finishReason !== "aborted";
    if (this.#book && place && hasEnded) this.#book.known[place.key] = result as unknown as JsonValue;
  }

  /** For the same question; or for a new one in its place, as one that has the time of day in it is. */
  #takeResumed(agentName: string, { key, nth }: Place, known: Book["known"]): ResumedRun | undefined {
    const resumed = this.#resumed;
    if (!resumed) return undefined;
    const isInItsPlace = resumed.agentName === agentName && resumed.nth === nth && !(key in known);
    if (resumed.key !== key && !isInItsPlace) return undefined;
    this.#resumed = undefined;
    return resumed;
  }
}

function countOf(name: string, counts: Map<string, number>): number {
  const count = counts.get(name) ?? 0;
  counts.set(name, count + 1);
  return count;
}
