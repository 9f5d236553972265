// One tool call, from what the model wrote to what the tool answered; whatever goes wrong becomes its result.
import { describeThrown } from "../errors.ts";
import type { ToolCallPart } from "../message.ts";
import { jsonProblem } from "../tool/parse-json.ts";
import type { Tool, ToolContext } from "../tool/tool.ts";
import type { Decision } from "./approvals.ts";
import { CallLimit } from "./call-limit.ts";
import { type CallLink, linkCall, SubRunWaits } from "./call-link.ts";
import type { StreamPart } from "./stream-part.ts";

export type CallRun = {
  tools: ReadonlyMap<string, Tool>;
  toolMs: number;
  /** The calls that are being carried out, for whoever stops them. */
  limits: Set<CallLimit>;
  speaker: Speaker;
  link: Pick<CallLink, "addUsage" | "budget" | "store">;
  /** What was decided on calls that waited; nothing in a run that was not resumed. */
  decisions: readonly Decision[] | undefined;
  /** The runs that wait below calls of ours, by the call's id. */
  subRuns: Readonly<Record<string, string>>;
};

/** For whom a run works, as its tools are told. */
export type Speaker = Omit<ToolContext, "signal" | "progress" | "callId">;

export type Outcome =
  | { type: "answer"; output: unknown }
  | { type: "error"; error: string; isDenied?: true }
  /** Not carried out yet. `subRun` is a run below that waits itself. */
  | { type: "waits"; subRun?: SubRunWaits };

/** What the call shows while it runs. */
export type CallOutlet = { progress(value: unknown): void; forward(parts: readonly StreamPart[]): void };

/** Never rejects. */
export async function runCall(call: ToolCallPart, outlet: CallOutlet, run: CallRun): Promise<Outcome> {
  const { toolName, toolCallId, input } = call;
  const tool = run.tools.get(toolName);
  if (!tool) return unknownTool(toolName, run.tools);
  const again = () => `Call ${toolName} again with input that fits its schema: ${JSON.stringify(tool.inputSchema)}`;
  if (call.invalid) return failed(`The input is not valid JSON: ${jsonProblem(String(input))}. ${again()}`);
  const validation = await tool.validate(input);
  if (!validation.ok) return failed(`The input does not fit: ${validation.problem}. ${again()}`);
  try {
    const verdict = await verdictOn(
      toolCallId,
      () => tool.needsApproval(validation.value, { ...run.speaker, callId: toolCallId }),
      run,
    );
    if (verdict.type !== "go") return verdict;
    const output = await execute(tool, validation.value, toolCallId, { outlet, run, resumed: verdict.resumed });
    return { type: "answer", output };
  } catch (thrown) {
    return SubRunWaits.is(thrown) ? { type: "waits", subRun: thrown } : failed(describeThrown(thrown));
  }
}

type Verdict = Exclude<Outcome, { type: "answer" }> | { type: "go"; resumed: CallLink["resumed"] };

async function verdictOn(
  callId: string,
  needsApproval: () => boolean | Promise<boolean>,
  { decisions, subRuns }: CallRun,
): Promise<Verdict> {
  if (!decisions) return (await needsApproval()) ? { type: "waits" } : { type: "go", resumed: undefined };
  const runBelow = subRuns[callId];
  if (runBelow !== undefined) {
    const path = `${callId}/`;
    const below = decisions
      .filter((decision) => decision.callId.startsWith(path))
      .map((decision) => ({ ...decision, callId: decision.callId.slice(path.length) }));
    return below.length > 0 ? { type: "go", resumed: { runId: runBelow, decisions: below } } : { type: "waits" };
  }
  const decision = decisions.find((each) => each.callId === callId);
  if (!decision) return { type: "waits" };
  if (decision.approved) return { type: "go", resumed: undefined };
  const reason = decision.reason ? ` The reason: ${decision.reason}` : "";
  return { ...failed(`The user did not approve this call, and it was not carried out.${reason}`), isDenied: true };
}

async function execute(
  tool: Tool,
  input: unknown,
  callId: string,
  { outlet, run, resumed }: { outlet: CallOutlet; run: CallRun; resumed: CallLink["resumed"] },
): Promise<unknown> {
  const limit = new CallLimit(tool.name, tool.timeout ?? run.toolMs);
  let isOver = false;
  const context: ToolContext = {
    ...run.speaker,
    callId,
    get signal() {
      return limit.signal;
    },
    progress: (value) => {
      if (!isOver) outlet.progress(value);
    },
  };
  const forward: CallLink["forward"] = (parts) => {
    if (!isOver) outlet.forward(parts);
  };
  linkCall(context, { ...run.link, caller: { runId: run.speaker.runId, callId }, forward, resumed });
  run.limits.add(limit);
  try {
    return await limit.run(async () => tool.execute(input, context));
  } finally {
    isOver = true;
    run.limits.delete(limit);
  }
}

function unknownTool(toolName: string, tools: ReadonlyMap<string, Tool>): Outcome {
  const known = [...tools.keys()].join(", ");
  return failed(`There is no tool "${toolName}". ${known ? `There are: ${known}.` : "There are none."}`);
}

function failed(error: string): { type: "error"; error: string } {
  return { type: "error", error };
}
