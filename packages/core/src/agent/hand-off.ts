// Handing the thread to another agent: a tool for each one that may get it.
import { BesedaError } from "../errors.ts";
import type { Message } from "../message.ts";
import { type Tool, tool } from "../tool/tool.ts";
import type { AgentPlan } from "./agent-plan.ts";

/** A tool that tells the model that the thread is now another agent's; the loop sees to it that it is. */
export function handOffTool({ name, description }: AgentPlan): Tool {
  if (!/^[a-zA-Z0-9_-]{1,50}$/.test(name)) {
    throw new BesedaError(`No conversation can be handed to an agent called "${name}".`, {
      code: "invalid-argument",
      hint: "Models see the name as part of a tool's name: take 1 to 50 letters, digits, _ and -.",
    });
  }
  return tool({
    name: `hand_off_to_${name}`,
    description: `Hands the conversation to ${name}, who answers from then on. ${description}`.trim(),
    inputSchema: { type: "object", properties: {} },
    effects: "none",
    execute: () => `The conversation is ${name}'s now.`,
  });
}

/** Whoever spoke last in the thread has it, if the conversation can get to them from the agent that is asked. */
export function whoHas(thread: readonly Message[], asked: AgentPlan): AgentPlan {
  const last = thread.findLast((message) => message.role === "assistant");
  return (last?.agentName !== undefined && agentNamed(last.agentName, asked)) || asked;
}

export function agentNamed(name: string, from: AgentPlan): AgentPlan | undefined {
  const reached = new Set([from]);
  for (const plan of reached) {
    if (plan.name === name) return plan;
    for (const next of plan.handOffs().values()) reached.add(next);
  }
  return undefined;
}
