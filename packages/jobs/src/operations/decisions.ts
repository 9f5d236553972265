// What may be decided on an operation that waits for approvals, and what becomes of it when nobody does.
import { BesedaError, type Decision, type Job, type JobEngine, type JsonValue, type RunResult } from "@beseda/core";
import { runKind } from "./run-spec.ts";

/** What a run that waited is woken with. Nothing decided: its calls have waited too long. */
export type Decided = { decisions: readonly Decision[]; decidedAt: string };

export function wakeWith(engine: JobEngine, id: string, decisions: readonly Decision[]): Promise<Job> {
  const decided: Decided = { decisions, decidedAt: new Date().toISOString() };
  return engine.wake(id, decided as unknown as JsonValue);
}

export function lastDecided({ inbox }: Job): Decided | undefined {
  return inbox.at(-1) as unknown as Decided | undefined;
}

/** Whether it waits, and no call of it may be approved any more. */
export function isTooLate({ state, metadata }: Job): boolean {
  const { pending = [] } = (metadata.result ?? {}) as unknown as Partial<RunResult>;
  return state === "waiting" && pending.length > 0 && pending.every(hasExpired);
}

/** Its worker ends it, with an error. Somebody else may do the same at this moment. */
export async function endTooLate(engine: JobEngine, { id }: Job): Promise<void> {
  await wakeWith(engine, id, []).catch(async (error: unknown) => {
    if ((await engine.get(id))?.state === "waiting") throw error;
  });
}

export function tooLate(id: string): BesedaError {
  return new BesedaError(`The calls of the operation ${id} have waited too long for their approvals.`, {
    code: "timeout",
    hint: "Begin anew; the agent's timeouts.approvalMs says how long they may wait.",
  });
}

function hintAt(state: Job["state"]): string {
  if (state === "done") return "It is done: nothing more can be decided on it.";
  if (state === "queued")
    return "It is queued: it goes on by itself as soon as there is a worker, and its time has come.";
  return "It is running: operation.wait() resolves when it waits, or is done.";
}

function hasExpired({ expiresAt }: { expiresAt: string }): boolean {
  return Date.parse(expiresAt) <= Date.now();
}

/** @throws BesedaError `invalid-argument` where it does not wait, or not for these; `timeout` where it has waited too long */
export function requireDecisions({ id, kind, state, metadata }: Job, decisions: readonly Decision[]): void {
  const { pending = [] } = (metadata.result ?? {}) as unknown as Partial<RunResult>;
  if (state !== "waiting" || pending.length === 0) {
    throw new BesedaError(`The operation ${id} does not wait for an approval.`, {
      code: "invalid-argument",
      hint: kind === runKind ? hintAt(state) : "Go on with a batch by jobs.batch(…, { resume: true }).",
    });
  }
  const waiting = pending.filter((call) => !hasExpired(call)).map(({ callId }) => callId);
  if (waiting.length === 0) throw tooLate(id);
  const hint = `Decide once on each of: ${waiting.join(", ")}.`;
  const refuse = (problem: string) => new BesedaError(problem, { code: "invalid-argument", hint });
  if (decisions.length === 0) throw refuse("There is no decision.");
  for (const { callId, approved } of decisions) {
    if (!waiting.includes(callId)) throw refuse(`No call "${callId}" of the operation ${id} waits for an approval.`);
    if (typeof approved !== "boolean") throw refuse(`Whether "${callId}" is approved has to be true or false.`);
  }
  if (new Set(decisions.map(({ callId }) => callId)).size < decisions.length) {
    throw refuse("There are two decisions on one call.");
  }
}
