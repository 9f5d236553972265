// A run that is killed at chosen writes and taken up again by another process, and what can be counted of it afterwards.
import {
  type Agent,
  type Decision,
  type LanguageModel,
  type Message,
  type RunResult,
  type Tool,
  type ToolEffects,
  tool,
} from "@beseda/core";
import { type ScriptedReply, scriptedModel } from "@beseda/core/testing";
import { createJobs } from "../create-jobs.ts";
import type { OperationHandle, StartOptions } from "../jobs.ts";
import { Disk, MortalProcess, mortalEngine } from "./mortal-machine.fake.ts";

/** What the world outside has seen, whoever lives or dies. */
export type Ledger = { asked: string[]; carriedOut: string[] };

export type World = { process: MortalProcess; ledger: Ledger };

export type Scenario = {
  /** Made anew in each process, as a program that is started again does. */
  agent(world: World): Agent;
  input: string;
  options?: StartOptions;
  decide?(pending: RunResult["pending"]): Decision[];
};

export type Told = { result: RunResult; ledger: Ledger; disk: Disk; crashes: number; writes: number };

/** The first process dies after `deaths[0]` writes, the second after `deaths[1]`, … and the last one lives. */
export async function tellOf(scenario: Scenario, deaths: readonly number[], disk = new Disk()): Promise<Told> {
  const ledger: Ledger = { asked: [], carriedOut: [] };
  for (const [crashes, lastWrite] of [...deaths, Number.POSITIVE_INFINITY].entries()) {
    const process = new MortalProcess(disk, lastWrite);
    const agents = [scenario.agent({ process, ledger })];
    const jobs = createJobs({ engine: mortalEngine(process), agents });
    const result = await Promise.race([
      process.death,
      drive(jobs.start(agents[0]?.name ?? "", scenario.input, { id: "operation-1", ...scenario.options }), scenario),
    ]);
    if (!result) continue;
    await jobs.close();
    return { result, ledger, disk, crashes, writes: process.writes };
  }
  throw new Error("The last one dies too.");
}

async function drive(starting: Promise<OperationHandle<RunResult>>, { decide }: Scenario): Promise<RunResult> {
  const operation = await starting;
  for (;;) {
    const result = await operation.result();
    if (result.finishReason !== "approval" || !decide) return result;
    // Somebody else may have been quicker: a process that died just after it.
    await operation.resume(decide(result.pending));
  }
}

/** By how many replies there are in the thread. */
export function script({ process, ledger }: World, name: string, replies: readonly ScriptedReply[]): LanguageModel {
  const model = scriptedModel(({ messages }) => {
    const step = messages.filter(({ role }) => role === "assistant").length;
    ledger.asked.push(`${name} ${step}`);
    return replies[step] ?? { text: `There is no step ${step}.` };
  });
  return process.mortalModel(model);
}

export function noted(
  { process, ledger }: World,
  name: string,
  more: { replay?: "safe" | "never"; effects?: ToolEffects; needsApproval?: boolean } = {},
): Tool {
  return tool({
    name,
    description: `Does ${name}.`,
    inputSchema: { type: "object", properties: { of: { type: "string" } } },
    ...more,
    execute: ({ of }) =>
      process.live(() => {
        ledger.carriedOut.push(`${name} ${of}`);
        return `${name} of ${of} is done`;
      }),
  }) as Tool;
}

/** Without what cannot be the same twice: times and the id of the run. */
export function comparable(result: RunResult): object {
  const plain = JSON.stringify(result, (key, value) =>
    key === "createdAt" || key === "expiresAt" ? undefined : value,
  );
  return JSON.parse(plain.replaceAll(result.runId, "RUN")) as object;
}

export function timeless(messages: readonly Message[]): object[] {
  return messages.map(({ createdAt: _, ...message }) => message);
}
