// `beseda operation`: what has become of runs and batches that were begun, here or elsewhere. Each function resolves to the exit code.
import { BesedaError, type Decision, type JobState } from "@beseda/core";
import type { Jobs, OperationHandle } from "@beseda/jobs";
import { progressOf } from "./batch-progress.ts";
import { existingJobsFolder } from "./jobs-folder.ts";
import { EventText, plainPart } from "./operation-events.ts";
import { operationLines, operationTable, pendingOf, plainOperation } from "./operation-lines.ts";
import { ProgressDisplay } from "./progress-display.ts";
import { untilStopped } from "./until-stopped.ts";
import { writeJson, writeLines } from "./write-lines.ts";

export type OperationOptions = {
  /** A folder. */
  jobs?: string;
  json?: boolean;
};

type Handle = OperationHandle<unknown>;

/** 1 where it has failed. */
export async function get(id: string, options: OperationOptions): Promise<number> {
  return withOperation(id, options, async (operation) => told(operation, options));
}

/** 1 where it has failed, or waits for somebody. */
export async function wait(id: string, options: OperationOptions): Promise<number> {
  return withOperation(id, options, async (operation) => {
    const display = new ProgressDisplay(process.env);
    const look = () => operation.poll().then(({ metadata }) => display.show(progressOf(metadata)));
    const looking = setInterval(() => look().catch(() => {}), 500);
    try {
      await untilStopped(
        (signal) => operation.wait({ signal }),
        () => "The operation goes on wherever it is worked on; the same command waits for it again.",
      );
    } finally {
      clearInterval(looking);
      display.clear();
    }
    told(operation, options);
    return operation.done && !operation.error ? 0 : 1;
  });
}

export async function cancel(id: string, options: OperationOptions): Promise<number> {
  return withOperation(id, options, async (operation) => {
    told(await operation.cancel(), options);
    // That it was called off is what was wanted.
    return 0;
  });
}

export async function events(id: string, options: OperationOptions): Promise<number> {
  return withOperation(id, options, async (operation) => {
    const text = new EventText();
    await untilStopped(
      async (signal) => {
        for await (const part of operation.events({ signal })) {
          if (options.json) writeJson(plainPart(part));
          else process.stdout.write(text.of(part));
        }
      },
      () => "The operation goes on wherever it is worked on.",
    );
    return 0;
  });
}

export type ListOptions = OperationOptions & { state?: JobState; thread?: string; limit?: number };

export async function list({ state, thread: threadId, limit, jobs: folder, json }: ListOptions): Promise<number> {
  return withJobs(folder, async (jobs) => {
    const operations = await jobs.list({ state, threadId, limit });
    if (json) writeJson(operations.map(plainOperation));
    else writeLines(operationTable(operations));
    if (operations.length === 0 && !json) writeLines(["There are no such operations."], process.stderr);
    return 0;
  });
}

/** An id that nobody knows is an error: what was meant would stay. */
export async function remove(id: string, options: OperationOptions): Promise<number> {
  return withJobs(options.jobs, async (jobs) => {
    await found(jobs, id, options.jobs);
    await jobs.delete(id);
    if (options.json) writeJson({ deleted: id });
    else writeLines([`${id} is deleted.`]);
    return 0;
  });
}

export type ApproveOptions = OperationOptions & { deny?: boolean; reason?: string };

/** Of the calls that it waits with these, or all of them. */
export async function approve(id: string, callIds: readonly string[], options: ApproveOptions): Promise<number> {
  return withOperation(id, options, async (operation) => {
    const waiting = pendingOf(operation.metadata).map(({ callId }) => callId);
    const unknown = callIds.find((callId) => !waiting.includes(callId));
    if (waiting.length === 0 || unknown !== undefined) {
      throw new BesedaError(
        unknown === undefined || waiting.length === 0
          ? `${id} waits for no approval.`
          : `${id} does not wait with the call ${unknown}.`,
        {
          code: "invalid-argument",
          hint:
            waiting.length > 0
              ? `It waits with ${waiting.join(", ")}.`
              : `“beseda operation get ${id}” tells how it stands.`,
        },
      );
    }
    const { deny = false, reason } = options;
    const decisions = (callIds.length > 0 ? callIds : waiting).map(
      (callId): Decision => ({ callId, approved: !deny, ...(reason !== undefined && { reason }) }),
    );
    await operation.resume(decisions);
    if (options.json) writeJson(plainOperation(operation));
    else writeLines([`${id}: ${deny ? "denied" : "approved"}; it goes on where its agent is worked for.`]);
    return 0;
  });
}

async function withOperation(
  id: string,
  { jobs: folder }: OperationOptions,
  work: (operation: Handle) => Promise<number>,
): Promise<number> {
  return withJobs(folder, async (jobs) => work(await found(jobs, id, folder)));
}

/** Begins and takes nothing: the work is for others. */
async function withJobs(named: string | undefined, work: (jobs: Jobs) => Promise<number>): Promise<number> {
  const folder = existingJobsFolder(named);
  const { createJobs, localEngine } = await import("@beseda/jobs");
  const jobs = createJobs({ engine: localEngine(folder), work: false });
  try {
    return await work(jobs);
  } finally {
    await jobs.close();
  }
}

async function found(jobs: Jobs, id: string, named: string | undefined): Promise<Handle> {
  return jobs.attach<unknown>(id).catch((thrown) => {
    if (!(thrown instanceof BesedaError) || thrown.code !== "not-found") throw thrown;
    throw new BesedaError(`There is no operation ${id} in ${existingJobsFolder(named)}.`, {
      code: "not-found",
      hint: "“beseda operation list” tells those that there are; --jobs DIR names another folder.",
      cause: thrown,
    });
  });
}

function told(operation: Handle, { json }: OperationOptions): number {
  if (json) writeJson(plainOperation(operation));
  else writeLines(operationLines(operation));
  return operation.error ? 1 : 0;
}
