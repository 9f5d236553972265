// One tool call, from what the model wrote to what the tool answered; whatever goes wrong becomes its result.
import { describeThrown } from "../errors.ts";
import type { ToolCallPart } from "../message.ts";
import type { Journal } from "../ports/journal.ts";
import { jsonProblem } from "../tool/parse-json.ts";
import type { ApprovalContext, Tool, ToolContext } from "../tool/tool.ts";
import type { Decision, SubRun } from "./approvals.ts";
import { CallLimit } from "./call-limit.ts";
import { type CallLink, linkCall } from "./call-link.ts";
import { type ResumedRun, RunsBelow } from "./runs-below.ts";
import type { StreamPart } from "./stream-part.ts";

export type CallRun = {
  tools: ReadonlyMap<string, Tool>;
  toolMs: number;
  /** The calls that are being carried out, for whoever stops them. */
  limits: Set<CallLimit>;
  speaker: Speaker;
  /** Of a run that is remembered: what has to be noted just before the tool is run, and the journals of runs below. */
  journalled?: { begin(): Promise<void>; journalOf(key: string): Journal } | undefined;
  link: Pick<CallLink, "addUsage" | "budget" | "store">;
  /** What was decided on calls that waited; nothing in a run that was not resumed. */
  decisions: readonly Decision[] | undefined;
  /** The runs that wait below calls of ours, by the call's id. */
  subRuns: Readonly<Record<string, SubRun>>;
  /** The ids of the calls whose tools have begun their work. */
  begun: Set<string>;
};

/** For whom a run works, as its tools are told. */
export type Speaker = Omit<ToolContext, "signal" | "progress" | "callId">;

export type Outcome =
  | { type: "answer"; output: unknown }
  | { type: "error"; error: string; isDenied?: true }
  /** Not carried out yet. `subRun` is a run below that waits itself. */
  | { type: "waits"; subRun?: NonNullable<RunsBelow["waiting"]> };

/** What the call shows while it runs. */
export type CallOutlet = { progress(value: unknown): void; forward(parts: readonly StreamPart[]): void };

/** Never rejects. Its time limit counts from here: validation and the question for an approval may hang as well. */
export async function runCall(call: ToolCallPart, outlet: CallOutlet, run: CallRun): Promise<Outcome> {
  const { toolName, input } = call;
  const tool = run.tools.get(toolName);
  if (!tool) return unknownTool(toolName, run.tools);
  const again = () => `Call ${toolName} again with input that fits its schema: ${JSON.stringify(tool.inputSchema)}`;
  if (call.invalid) return failed(`The input is not valid JSON: ${jsonProblem(String(input))}. ${again()}`);
  const limit = new CallLimit(toolName, tool.timeout ?? run.toolMs);
  run.limits.add(limit);
  try {
    return await limit.run(async () => {
      const validation = await tool.validate(input);
      if (!validation.ok) return failed(`The input does not fit: ${validation.problem}. ${again()}`);
      const verdict = await verdictOn(call, () => tool.needsApproval(validation.value, contextOf(call, run)), run);
      if (verdict.type !== "go") return verdict;
      limit.throwIfStopped();
      return execute(tool, validation.value, { call, outlet, run, limit, resumed: verdict.resumed });
    });
  } catch (thrown) {
    return failed(describeThrown(thrown));
  } finally {
    run.limits.delete(limit);
  }
}

function contextOf({ toolCallId }: ToolCallPart, { speaker }: CallRun): ApprovalContext {
  return { ...speaker, callId: toolCallId };
}

type Verdict = Exclude<Outcome, { type: "answer" }> | { type: "go"; resumed: ResumedRun | undefined };

async function verdictOn(
  { toolCallId }: ToolCallPart,
  needsApproval: () => boolean | Promise<boolean>,
  { decisions, subRuns }: CallRun,
): Promise<Verdict> {
  if (!decisions) return (await needsApproval()) ? { type: "waits" } : { type: "go", resumed: undefined };
  const subRun = Object.hasOwn(subRuns, toolCallId) ? subRuns[toolCallId] : undefined;
  if (subRun) {
    const path = `${toolCallId}/`;
    const below = decisions
      .filter((decision) => decision.callId.startsWith(path))
      .map((decision) => ({ ...decision, callId: decision.callId.slice(path.length) }));
    return below.length > 0 ? { type: "go", resumed: { ...subRun, decisions: below } } : { type: "waits" };
  }
  const decision = decisions.find((each) => each.callId === toolCallId);
  if (!decision) return { type: "waits" };
  if (decision.approved) return { type: "go", resumed: undefined };
  const reason = decision.reason ? ` The reason: ${decision.reason}` : "";
  return { ...failed(`The user did not approve this call, and it was not carried out.${reason}`), isDenied: true };
}

type Execution = {
  call: ToolCallPart;
  outlet: CallOutlet;
  run: CallRun;
  limit: CallLimit;
  resumed: ResumedRun | undefined;
};

async function execute(tool: Tool, input: unknown, { call, outlet, run, limit, resumed }: Execution): Promise<Outcome> {
  const callId = call.toolCallId;
  let isOver = false;
  const context: ToolContext = {
    get signal() {
      return limit.signal;
    },
    progress: (value) => {
      if (!isOver) outlet.progress(value);
    },
    ...contextOf(call, run),
  };
  const forward: CallLink["forward"] = (parts) => {
    if (!isOver) outlet.forward(parts);
  };
  const caller = { runId: run.speaker.runId, callId };
  const { begin, journalOf } = run.journalled ?? {};
  const runs = new RunsBelow(resumed, journalOf);
  const link: CallLink = { caller, forward, runs, ...run.link };
  linkCall(context, link);
  await begin?.();
  // It may have been stopped, or its time be up, while the journal was written.
  limit.throwIfStopped();
  run.begun.add(callId);
  try {
    const output = await tool.execute(input, context);
    return runs.waiting ? { type: "waits", subRun: runs.waiting } : { type: "answer", output };
  } catch (thrown) {
    if (runs.waiting) return { type: "waits", subRun: runs.waiting };
    throw thrown;
  } finally {
    isOver = true;
  }
}

function unknownTool(toolName: string, tools: ReadonlyMap<string, Tool>): Outcome {
  const known = [...tools.keys()].join(", ");
  return failed(`There is no tool "${toolName}". ${known ? `There are: ${known}.` : "There are none."}`);
}

function failed(error: string): { type: "error"; error: string } {
  return { type: "error", error };
}
