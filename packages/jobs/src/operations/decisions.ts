// What may be decided on an operation that waits for approvals.
import { BesedaError, type Decision, type Job, type RunResult } from "@beseda/core";

/** @throws BesedaError `invalid-argument` where it does not wait, or not for these; `not-found` where it has waited too long */
export function requireDecisions({ id, state, metadata }: Job, decisions: readonly Decision[]): void {
  const { pending = [] } = (metadata.result ?? {}) as unknown as Partial<RunResult>;
  if (state !== "waiting" || pending.length === 0) {
    throw new BesedaError(`The operation ${id} does not wait for an approval.`, {
      code: "invalid-argument",
      hint: `It is ${state}. ${state === "done" ? "Nothing more can be decided on it." : "Wait for it: operation.wait() resolves when it does."}`,
    });
  }
  const waiting = pending.filter(({ expiresAt }) => Date.parse(expiresAt) > Date.now()).map(({ callId }) => callId);
  if (waiting.length === 0) {
    throw new BesedaError(`The calls of the operation ${id} have waited too long for their approvals.`, {
      code: "not-found",
      hint: "Cancel it and begin anew; the agent's timeouts.approvalMs says how long they may wait.",
    });
  }
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
