// Handing the thread to another agent: a tool for each one that may get it.
import { BesedaError } from "../errors.ts";
import type { Message } from "../message.ts";
import { type Tool, tool } from "../tool/tool.ts";
import type { AgentPlan } from "./agent-plan.ts";

const handOffPrefix = "hand_off_to_";

/** A tool that tells the model that the thread is now another agent's; the loop sees to it that it is. */
export function handOffTool({ name, description }: AgentPlan): Tool {
  if (!/^[a-zA-Z0-9_-]{1,50}$/.test(name)) {
    throw new BesedaError(`No conversation can be handed to an agent called "${name}".`, {
      code: "invalid-argument",
      hint: "Models see the name as part of a tool's name: take 1 to 50 letters, digits, _ and -.",
    });
  }
  return tool({
    name: handOffPrefix + name,
    description: `Hands the conversation to ${name}, who answers from then on. ${description}`.trim(),
    inputSchema: { type: "object", properties: {} },
    effects: "none",
    execute: () => `The conversation is ${name}'s now.`,
  });
}

/** Whoever was handed the thread last, or spoke last, has it, if the conversation can get to them from the agent that is asked. */
export function whoHas(thread: readonly Message[], asked: AgentPlan): AgentPlan {
  for (let at = thread.length - 1; at >= 0; at--) {
    const message = thread[at] as Message;
    if (message.role === "assistant") return (message.agentName && agentNamed(message.agentName, asked)) || asked;
    const name = message.role === "tool" && !message.isError && message.toolName.startsWith(handOffPrefix);
    const handedTo = name && agentNamed(message.toolName.slice(handOffPrefix.length), asked);
    if (handedTo) return handedTo;
  }
  return asked;
}

export function agentNamed(name: string | undefined, from: AgentPlan): AgentPlan | undefined {
  const reached = new Set([from]);
  for (const plan of reached) {
    if (plan.name === name) return plan;
    for (const next of plan.handOffs().values()) reached.add(next);
  }
  return undefined;
}
