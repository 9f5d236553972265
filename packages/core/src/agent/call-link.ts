// What ties a run to the tool call that it works for: its parts are shown there, its tokens and steps are counted there.
import type { Usage } from "../message.ts";
import type { Store } from "../ports/store.ts";
import type { ToolContext } from "../tool/tool.ts";
import type { StepBudget } from "./budget.ts";
import type { Caller } from "./event-bus.ts";
import type { RunsBelow } from "./runs-below.ts";
import type { StreamPart } from "./stream-part.ts";

export type CallLink = {
  caller: Caller;
  /** Shows parts of the run below as part of the one above. */
  forward(parts: readonly StreamPart[]): void;
  addUsage(usage: Usage): void;
  budget: StepBudget;
  /** Where a run below waits for its approvals: beside the one above, so that both are found again. */
  store: Store;
  runs: RunsBelow;
};

// By the function that shows progress: each call has one of its own, and a copy of the context has it too.
const links = new WeakMap<ToolContext["progress"], CallLink>();

export function linkCall({ progress }: ToolContext, link: CallLink): void {
  links.set(progress, link);
}

/** Nothing for a context that was made by hand, as in a test of a tool. */
export function linkOf({ progress }: ToolContext): CallLink | undefined {
  return links.get(progress);
}
