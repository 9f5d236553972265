// What the agent needs and the model cannot do by itself is put around it: tools and answers by prompt, answers by a tool.
import type { LanguageModel } from "../ports/language-model.ts";
import { withFinalAnswerTool } from "../reasoning/final-answer-tool.ts";
import { withPromptedOutput } from "../reasoning/prompted-output.ts";
import { promptedTools } from "../reasoning/prompted-tools.ts";

export function ableModel(model: LanguageModel, needs: { tools: boolean; output: boolean }): LanguageModel {
  const { tools: callsTools = true, outputSchema = "never" } = model.abilities ?? {};
  // Without tools of its own, too: the thread may hold calls of another agent.
  const able = callsTools ? model : once(promptedTools, model);
  if (!needs.output) return able;
  const isNative = outputSchema !== "never" && (!needs.tools || (callsTools && outputSchema === "always"));
  if (isNative) return able;
  return once(callsTools ? withFinalAnswerTool : withPromptedOutput, able);
}

type Wrapper = (model: LanguageModel) => LanguageModel;

const wrapped = new WeakMap<LanguageModel, Map<Wrapper, LanguageModel>>();

/** Wrappers remember what they made of messages and tools. */
function once(wrapper: Wrapper, model: LanguageModel): LanguageModel {
  const known = wrapped.get(model) ?? new Map<Wrapper, LanguageModel>();
  wrapped.set(model, known);
  const able = known.get(wrapper) ?? wrapper(model);
  known.set(wrapper, able);
  return able;
}
