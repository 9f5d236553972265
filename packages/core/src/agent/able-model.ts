// What the agent needs and the model cannot do by itself is put around it: tools and answers by prompt, answers by a tool.
import type { LanguageModel } from "../ports/language-model.ts";
import { withFinalAnswerTool } from "../reasoning/final-answer-tool.ts";
import { withPromptedOutput } from "../reasoning/prompted-output.ts";
import { promptedTools } from "../reasoning/prompted-tools.ts";

export function ableModel(model: LanguageModel, needs: { tools: boolean; output: boolean }): LanguageModel {
  const { tools: callsTools = true, outputSchema = "never" } = model.abilities ?? {};
  const able = needs.tools && !callsTools ? promptedTools(model) : model;
  if (!needs.output) return able;
  const isNative = outputSchema !== "never" && (!needs.tools || (callsTools && outputSchema === "always"));
  if (isNative) return able;
  return callsTools ? withFinalAnswerTool(able) : withPromptedOutput(able);
}
