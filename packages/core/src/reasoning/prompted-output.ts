// Structured answers of a model that can only write: the schema stands in its instructions.
import { changedCapabilities } from "../models/changed-capabilities.ts";
import type { LanguageModel, ModelRequest } from "../ports/language-model.ts";
import type { JsonSchema } from "../tool/json-schema.ts";

/** The answer comes as text, with whatever the model writes around it; whoever asked parses and validates it. */
export function withPromptedOutput(model: LanguageModel): LanguageModel {
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: { ...model.abilities, outputSchema: "always" },
    costOf: model.costOf,
    stream: (request, options) => model.stream(toPromptedRequest(request), options),
    ...changedCapabilities(model, { request: toPromptedRequest }),
  };
}

function toPromptedRequest({ outputSchema, ...request }: ModelRequest): ModelRequest {
  if (outputSchema === undefined) return request;
  const instructions = [request.instructions, outputInstructions(outputSchema)].filter(Boolean).join("\n\n");
  return { ...request, instructions };
}

function outputInstructions(schema: JsonSchema): string {
  return `Your answer has to be one JSON object that fits this JSON Schema, with nothing before or after it and without a code fence:
${JSON.stringify(schema)}`;
}
