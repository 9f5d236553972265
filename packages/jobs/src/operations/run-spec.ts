// What a run is asked, as it stands in its job.
import { randomBytes } from "node:crypto";
import {
  type Agent,
  type AgentInput,
  BesedaError,
  type JsonValue,
  type Message,
  type NewJob,
  type RunOptions,
} from "@beseda/core";
import { readIsoTime } from "../iso-time.ts";
import type { StartOptions } from "../jobs.ts";
import { type Calls, callsOf } from "../journal/ask-model.ts";
import { requireJson } from "./plain-json.ts";

/** The kind of its jobs. */
export const runKind = "run";

/** A century. */
const longestInterval = 36_525 * 24 * 3_600_000;

/** Plain data. */
export type RunSpec = {
  agentName: string;
  input: string | Message[];
  asked: Pick<RunOptions, "threadId" | "userId" | "ownerId" | "instructions"> & { context?: JsonValue };
  /** `null`: without end. */
  timeouts: Record<string, number | null>;
  /** Missing where whoever began it did not know the agent: then whoever works chooses. */
  calls?: Calls;
  pollMs?: number;
  /** The nonce is in the id of the job that delivers it. */
  webhook?: { url: string; nonce: string };
  series?: Series;
};

/** One operation of many: which one, from 0, when it was to begin, and how many milliseconds after the one before. */
export type Series = { id: string; number: number; due: string; every: number };

export type Start = {
  agentName: string;
  /** Where it is known here. */
  agent: Agent | undefined;
  input: AgentInput;
  options: StartOptions;
  queue: string;
};

/** @throws BesedaError `invalid-argument` for what cannot be asked of a job, `unsupported` for calls that the model cannot do */
export function newRun({ agentName, agent, input, options, queue }: Start): NewJob {
  const {
    threadId,
    userId,
    ownerId,
    instructions,
    context,
    timeouts = {},
    every,
    webhook,
    pollMs,
    ...others
  } = options;
  const { id = crypto.randomUUID() } = options;
  requireId(id);
  requireInput(input);
  requireAsking(options);
  const asked = { threadId, userId, ownerId, instructions };
  const calls = agent ? requireAble(agent, { input, asked, calls: others.calls }) : others.calls;
  const runAt = others.runAt === undefined ? undefined : readIsoTime(others.runAt, "runAt");
  const series = every === undefined ? undefined : newSeries(id, { every, runAt });
  const spec: RunSpec = {
    agentName,
    input: messages(input),
    asked: { ...known(asked), ...(context !== undefined && { context: requireJson(context, "The context") }) },
    timeouts: plainTimeouts(timeouts),
    ...known({ calls, pollMs, series }),
    ...(webhook !== undefined && { webhook: { url: webhook, nonce: randomName() } }),
  };
  const labels = { agentName, ...known({ threadId }), ...(series && { series: series.id }) };
  return { id, queue, kind: runKind, spec: spec as unknown as JsonValue, labels, ...known({ runAt }) };
}

/**
 * Looks whether an agent can be asked this. @returns how its model is asked
 * @throws BesedaError `invalid-argument`, `unsupported`
 */
export function requireAble(
  agent: Agent,
  { input, asked, calls }: { input: AgentInput; asked: RunOptions; calls?: Calls | undefined },
): Calls {
  // Nothing happens until a run is read.
  agent.stream(input, asked);
  return callsOf(agent.model, calls);
}

function requireId(id: string): void {
  if (typeof id === "string" && /^[\w.:-]{1,200}$/.test(id)) return;
  throw new BesedaError(`"${id}" cannot be the id of an operation.`, {
    code: "invalid-argument",
    hint: "Take 1 to 200 letters, digits, `.`, `_`, `:` and `-`, or leave it out.",
  });
}

function requireInput(input: unknown): void {
  const said: readonly unknown[] = Array.isArray(input) ? input : [input];
  if (typeof input === "string" || said.every((each) => typeof each === "object" && each !== null)) return;
  throw new BesedaError("The input is neither a text nor messages.", {
    code: "invalid-argument",
    hint: 'Give a text, or messages such as { role: "user", content: "Hello" }.',
  });
}

/** What would be told only by a run that has cost something already. */
function requireAsking({ calls, pollMs, timeouts = {} }: StartOptions): void {
  for (const [name, ms] of Object.entries(timeouts)) {
    if (ms === undefined || (typeof ms === "number" && ms >= 0)) continue;
    throw new BesedaError(`timeouts.${name} cannot be ${ms}.`, {
      code: "invalid-argument",
      hint: "Give a number of milliseconds from 0, or Infinity for no limit.",
    });
  }
  if (pollMs !== undefined && !(Number.isFinite(pollMs) && pollMs > 0)) {
    throw new BesedaError(`pollMs cannot be ${pollMs}.`, {
      code: "invalid-argument",
      hint: "Give a number of milliseconds above 0, or leave it out: then it is 1,000 at first.",
    });
  }
  if (!["sync", "async", undefined].includes(calls)) {
    throw new BesedaError(`calls cannot be ${calls}.`, {
      code: "invalid-argument",
      hint: "Of a run it is `sync` or `async`. Leave it out to have operations of the service used where there are some.",
    });
  }
}

function messages(input: AgentInput): RunSpec["input"] {
  if (typeof input === "object" && "decisions" in input) {
    throw new BesedaError("Decisions on a run that waits are no beginning of a new one.", {
      code: "invalid-argument",
      hint: "Give them to the operation: (await jobs.attach(id)).resume(decisions).",
    });
  }
  if (typeof input === "string") return input;
  const said = (Array.isArray(input) ? input : [input]) as Message[];
  requireJson(said, "The input");
  return said;
}

function plainTimeouts(timeouts: NonNullable<StartOptions["timeouts"]>): RunSpec["timeouts"] {
  return Object.fromEntries(
    Object.entries(timeouts).map(([name, ms]) => [name, ms === Number.POSITIVE_INFINITY ? null : ms]),
  );
}

/** It has an id of its own: that of the operation may have had another series before. */
function newSeries(id: string, { every, runAt }: { every: number; runAt: string | undefined }): Series {
  const due = runAt ?? new Date().toISOString();
  return { id: `${id}/${randomName()}`, number: 0, due, every: requireInterval(every) };
}

function randomName(): string {
  return randomBytes(4).toString("hex");
}

function requireInterval(every: number): number {
  if (Number.isFinite(every) && every >= 1 && every <= longestInterval) return every;
  throw new BesedaError(`An operation cannot begin anew every ${every} milliseconds.`, {
    code: "invalid-argument",
    hint: "Give `every` as a number of milliseconds up to a century, such as 24 * 3_600_000 for once a day.",
  });
}

/** Without the fields that are `undefined`. */
function known<Fields extends object>(fields: Fields): { [Name in keyof Fields]: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
