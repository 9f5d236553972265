// What will be asked next: a pure function of the agent and the thread, so that it can be printed, tested and counted.
import { type AssistantMessage, type Message, type ToolMessage, toolCallsOf } from "../message.ts";
import type { ModelRequest, ModelSettings, ToolChoice } from "../ports/language-model.ts";
import { thinkInstructions } from "../reasoning/chain-of-thought.ts";
import type { JsonSchema } from "../tool/json-schema.ts";
import type { ToolDefinition } from "../tool/tool.ts";

export type ReasoningStyle = "off" | "native" | "prompted";

export type StepPlan = {
  instructions: string;
  tools: readonly ToolDefinition[];
  toolChoice: ToolChoice;
  reasoning: ReasoningStyle;
  settings: ModelSettings;
  /** How the answer has to look, where it has to be an object. */
  output?: { schema: JsonSchema } | undefined;
};

export function planStep(plan: StepPlan, thread: readonly Message[]): ModelRequest {
  return planWholeStep(plan, repairThread(thread), thread.at(-1)?.role === "tool");
}

/** For a thread that is known to need no repair. A forced choice holds until a tool has answered; the model could never come to its own answer otherwise. */
export function planWholeStep(plan: StepPlan, thread: readonly Message[], hasToolAnswered: boolean): ModelRequest {
  const prompted = plan.reasoning === "prompted";
  return {
    instructions: prompted ? [plan.instructions, thinkInstructions].filter(Boolean).join("\n\n") : plan.instructions,
    messages: thread,
    tools: plan.tools,
    toolChoice: hasToolAnswered && plan.toolChoice !== "none" ? "auto" : plan.toolChoice,
    reasoning: plan.reasoning === "native" ? "native" : "off",
    settings: plan.settings,
    ...(plan.output && { outputSchema: plan.output.schema }),
  };
}

/**
 * A thread that any service accepts: each reply's calls are followed by their results, in the order of the calls. What
 * a crash, a stop or a window left behind is put right: a missing result is said to be missing, a result without its
 * call and a reply that says nothing are left out. Returns the same array where nothing had to be done.
 */
export function repairThread(thread: readonly Message[]): readonly Message[] {
  return isWhole(thread) ? thread : repaired(thread);
}

/** Whether the messages from `start` on need no repair, with those before them whole by themselves. */
export function isWhole(thread: readonly Message[], start = 0): boolean {
  let calls: { toolCallId: string }[] = [];
  let answered = 0;
  for (let index = start; index < thread.length; index++) {
    const message = thread[index] as Message;
    if (message.role === "tool") {
      if (calls[answered]?.toolCallId !== message.toolCallId) return false;
      answered++;
    } else {
      if (answered < calls.length) return false;
      if (message.role === "assistant") {
        if (saysNothing(message)) return false;
        calls = hasCalls(message) ? toolCallsOf(message) : [];
      } else calls = [];
      answered = 0;
    }
  }
  return answered === calls.length;
}

type Slot = { index: number; toolCallId: string; filled: boolean };

function repaired(thread: readonly Message[]): Message[] {
  const whole: Message[] = [];
  // The same id may come again in a later reply, and results may come late: each takes the latest open slot of its id.
  const slots = new Map<string, Slot[]>();
  for (const message of thread) {
    if (message.role === "user") whole.push(message);
    else if (message.role === "tool") {
      const slot = slots.get(message.toolCallId)?.findLast((open) => !open.filled);
      if (!slot) continue;
      // What waited for an approval may still get its real result.
      slot.filled = !message.isPending;
      whole[slot.index] = message;
    } else if (!saysNothing(message)) {
      whole.push(message);
      for (const { toolCallId, toolName } of toolCallsOf(message)) {
        const slot = { index: whole.push(notRun(toolCallId, toolName)) - 1, toolCallId, filled: false };
        const others = slots.get(toolCallId);
        if (others) others.push(slot);
        else slots.set(toolCallId, [slot]);
      }
    }
  }
  return whole;
}

function notRun(toolCallId: string, toolName: string): ToolMessage {
  const output = "This call has no result: the run ended before the tool answered. Whether it took effect is unknown.";
  return { role: "tool", toolCallId, toolName, output, isError: true };
}

function hasCalls(message: AssistantMessage): boolean {
  return message.content.some((part) => part.type === "tool-call");
}

function saysNothing(message: AssistantMessage): boolean {
  return !message.content.some((part) => part.type === "tool-call" || (part.type === "text" && part.text !== ""));
}
