// The rows of a part, each asked by itself: at once, or by the operations of the service.
import type { Agent, Lease, Timeouts, Usage } from "@beseda/core";
import { asking } from "../../journal/ask-model.ts";
import type { AskModel } from "../../journal/run-journal.ts";
import type { Workplace } from "../../worker/workplace.ts";
import type { PartSpec } from "../batch.ts";
import type { BatchHere } from "./batch-here.ts";
import type { Budget } from "./budget.ts";
import type { Halt } from "./halt.ts";
import { inputRows } from "./input-rows.ts";
import { noting } from "./open-operations.ts";
import type { PartLog } from "./part-log.ts";
import { pricing } from "./priced-replies.ts";
import { type FedRow, RowFeed } from "./row-feed.ts";
import { RowPump } from "./row-pump.ts";
import { nameOf, runRow } from "./row-runner.ts";

export type PartWork = {
  spec: PartSpec;
  agent: Agent;
  lease: Lease;
  place: Workplace;
  log: PartLog;
  here: BatchHere;
  halt: Halt;
};

export async function runRows(work: PartWork): Promise<void> {
  const { spec, agent, log, halt } = work;
  const { calls, pollMs } = spec;
  const asked = asking({ calls, pollMs, leaving: halt.leaving, now: askWhole });
  const ask = pricing(calls === "async" ? noting(asked.ask, log) : asked.ask, calls);
  const askBelow = pricing(asked.askBelow, "sync");
  const { cut: signal, leaving } = halt;
  const timeouts = timeoutsOf(work);
  const costOf = (usage: Usage) => agent.model.costOf?.(usage, calls);
  await pumpRows(work, work.here.budget, ({ line, row, work, attempt, begunAt }) => {
    const runId = rowId(spec, line);
    return runRow({ agent, row, runId, work, ask, askBelow, timeouts, signal, leaving, begunAt, attempt, costOf });
  });
  await asked.settled();
}

/** Hands each row that is not done to `run` for as long as the budget has it, those that are suspected of killing workers at the end and alone. */
export async function pumpRows(
  { spec, agent, place: { engine }, log, here, halt }: PartWork,
  budget: Budget | undefined,
  run: (fed: FedRow) => ReturnType<typeof runRow>,
): Promise<void> {
  const window = () => here.slots.pace.most * 2;
  const feed = new RowFeed(inputRows(engine, spec), log, { window, model: nameOf(agent.model) });
  const seat = here.slots.seat(spec.part);
  const leave = () => seat.close();
  halt.listeners.add(leave);
  try {
    const pump = new RowPump({ log, slots: here.slots, seat, budget, halt, run });
    await pump.run(feed);
    await pump.runAlone(feed.suspects);
  } finally {
    halt.listeners.delete(leave);
    await feed.close();
  }
}

export function rowId({ batchId, part }: PartSpec, line: number): string {
  return `${batchId}/${part}/${line}`;
}

/** What a row waits for its turn is no time of its own: of many steps that would add up. */
export function timeoutsOf({ spec, agent }: Pick<PartWork, "spec" | "agent">): Partial<Timeouts> {
  const unlimited = Number.POSITIVE_INFINITY;
  const silence = { firstChunkMs: unlimited, chunkMs: unlimited };
  if (spec.calls === "async") return { ...silence, totalMs: unlimited, stepMs: unlimited };
  return agent.model.rateLimits ? { ...silence, totalMs: unlimited } : silence;
}

/** Nobody watches a row: whole replies cost less. */
export const askWhole: AskModel = ({ model, request, options: { signal, untilSent } }) =>
  model.stream(request, { signal, untilSent, streamed: false });
