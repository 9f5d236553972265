// All that an agent is, ready to run: made once, when the agent is made; and what `prepareStep` makes of it for a step.
import { BesedaError } from "../errors.ts";
import type { Message } from "../message.ts";
import type { LanguageModel, ModelSettings, ToolChoice } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import type { Store } from "../ports/store.ts";
import type { Tool, ToolDefinition } from "../tool/tool.ts";
import { ableModel } from "./able-model.ts";
import type { AnswerFormat } from "./answer.ts";
import type { ReasoningStyle, StepPlan } from "./plan-step.ts";
import type { Step } from "./run-record.ts";
import type { Timeouts } from "./timeouts.ts";

export type AgentPlan = StepPlan & {
  name: string;
  description: string;
  /** As it was given; `able` is the one that is asked. */
  model: LanguageModel;
  able: LanguageModel;
  toolsByName: ReadonlyMap<string, Tool>;
  /** The agents that the thread can be handed to, by the name of the tool that does it. */
  handOffs(): ReadonlyMap<string, AgentPlan>;
  output: AnswerFormat | undefined;
  memory: Memory | undefined;
  /** Where runs wait for approvals. */
  store: Store;
  maxSteps: number;
  stopWhen: ((steps: readonly Step[]) => boolean | Promise<boolean>) | undefined;
  prepareStep: PrepareStep | undefined;
  toolConcurrency: number;
  timeouts: Timeouts;
  streamed: boolean;
};

/** What is known before a step: its number from 1, the steps before it, the thread, whose turn it is. */
export type StepOutlook = {
  step: number;
  steps: readonly Step[];
  messages: readonly Message[];
  agentName: string;
};

/** What is left out stays as the agent has it. */
export type PreparedStep = {
  model?: LanguageModel;
  instructions?: string;
  tools?: readonly Tool[];
  toolChoice?: ToolChoice;
  reasoning?: ReasoningStyle;
  settings?: ModelSettings;
};

export type PrepareStep = (outlook: StepOutlook) => PreparedStep | undefined | Promise<PreparedStep | undefined>;

export function preparedPlan(plan: AgentPlan, prepared: PreparedStep | undefined): AgentPlan {
  if (!prepared) return plan;
  const { tools: given, settings, ...others } = prepared;
  const changes = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined));
  if (given) requireTools(given, plan.name);
  const changed = {
    ...plan,
    ...changes,
    settings: { ...plan.settings, ...settings },
    ...(given && toolSet([...given, ...handOffToolsOf(plan)])),
  };
  if (given || prepared.model) changed.able = able(changed);
  return changed;
}

/** The same agent, held to another's output: whoever was asked has promised it. */
export function heldTo(output: AgentPlan["output"], plan: AgentPlan): AgentPlan {
  return plan.output === output ? plan : { ...plan, output, able: able({ ...plan, output }) };
}

/** The same agent with more instructions, an empty line between. */
export function alsoTold(instructions: string, plan: AgentPlan): AgentPlan {
  return { ...plan, instructions: [plan.instructions, instructions].filter(Boolean).join("\n\n") };
}

/** The tools as the model sees them, plain data without the functions, and by name. */
export function toolSet(tools: readonly Tool[]): Pick<AgentPlan, "tools" | "toolsByName"> {
  return {
    tools: tools.map(definitionOf),
    toolsByName: new Map(tools.map((each) => [each.name, each])),
  };
}

export function able({ model, tools, output }: Pick<AgentPlan, "model" | "tools" | "output">): LanguageModel {
  return ableModel(model, { tools: tools.length > 0, output: output !== undefined });
}

function handOffToolsOf(plan: AgentPlan): Tool[] {
  return [...plan.handOffs().keys()].flatMap((name) => plan.toolsByName.get(name) ?? []);
}

function definitionOf({ name, description, inputSchema, examples }: Tool): ToolDefinition {
  return { name, description, inputSchema, examples };
}

/** @throws BesedaError `invalid-argument` */
export function requireTools(tools: readonly Tool[], agentName: string): void {
  const names = new Set<string>();
  for (const each of tools) {
    const problem =
      typeof each?.validate !== "function"
        ? ([
            `A tool of the agent "${agentName}" was not made by tool().`,
            "Wrap it: tool({ name, description, … }).",
          ] as const)
        : names.has(each.name)
          ? ([`The agent "${agentName}" has two tools called "${each.name}".`, "Rename one of them."] as const)
          : undefined;
    if (problem) throw new BesedaError(problem[0], { code: "invalid-argument", hint: problem[1] });
    names.add(each.name);
  }
}
