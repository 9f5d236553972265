// Tools for models that cannot be given any: described in the instructions, called in the text of the reply.
import { changedCapabilities } from "../models/changed-capabilities.ts";
import type { LanguageModel, ModelAbilities, ModelEvent } from "../ports/language-model.ts";
import { promptedRequestWriter } from "./prompted-request.ts";
import { ToolCallSplitter } from "./tool-call-splitter.ts";
import { hermesProtocol, type ToolProtocol } from "./tool-protocol.ts";

/**
 * The model as one that calls tools. It is not sent any: requests, calls and results are put into words by the protocol,
 * and its replies are read by it, as they stream. A reply in which it goes on after its calls is ended there; then the
 * provider's usage is missing, unless the whole reply came at once.
 *
 * An agent does this by itself for models whose `abilities.tools` is false.
 */
export function promptedTools(
  model: LanguageModel,
  { protocol = hermesProtocol }: { protocol?: ToolProtocol } = {},
): LanguageModel {
  const toPromptedRequest = promptedRequestWriter(protocol);
  // Whoever comes back for a reply may not have the request any more: what is written like a call is one.
  const { operations, batches } = changedCapabilities(model, {
    request: toPromptedRequest,
    reply: (events) => new ToolCallSplitter(protocol).split(events),
  });
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: promptedAbilities(model.abilities),
    stream(request, options) {
      const reply = model.stream(toPromptedRequest(request), options);
      if (request.tools.length === 0 && !request.messages.some(({ role }) => role === "tool")) return reply;
      const dropsCalls = request.tools.length === 0 || request.toolChoice === "none";
      return splitReply(reply, new ToolCallSplitter(protocol, { dropsCalls }));
    },
    operations,
    batches: batches && { ...batches, tools: true },
    costOf: model.costOf,
    defaults: model.defaults,
    rateLimits: model.rateLimits,
  };
}

/** A reply that is held to a schema from its first character on has no room for calls. */
function promptedAbilities({ outputSchema = "never", streams = true }: ModelAbilities = {}): ModelAbilities {
  return { tools: true, outputSchema: outputSchema === "never" ? "never" : "without-tools", streams };
}

/** Leaving in the middle closes the connection: what the model makes up after its calls is not waited for. */
async function* splitReply(
  reply: AsyncIterable<ModelEvent[]>,
  splitter: ToolCallSplitter,
): AsyncGenerator<ModelEvent[]> {
  for await (const events of reply) {
    const out = splitter.split(events);
    if (out.length > 0) yield out;
    if (splitter.isFinished) return;
  }
}
