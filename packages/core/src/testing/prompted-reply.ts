// Scripted replies for models without tool calling.
import { hermesProtocol, type ToolProtocol } from "../reasoning/tool-protocol.ts";
import type { ScriptedReply } from "./scripted-model.ts";

/**
 * The same reply with its calls written out in its text, in small pieces, as a model gives it that was prompted. With it
 * a protocol can be put through the suite:
 * `languageModelCases({ answering: (replies) => promptedTools(scriptedModel(replies.map((reply) => promptedReply(reply, protocol))), { protocol }) })`
 */
export function promptedReply(reply: ScriptedReply, protocol: ToolProtocol = hermesProtocol): ScriptedReply {
  const { toolCalls, text = [], ...rest } = reply;
  if (!toolCalls) return reply;
  const said = typeof text === "string" ? [text] : text;
  const calls = toolCalls.map(({ toolName, input }) =>
    protocol.writeCall({ toolName, input: typeof input === "string" ? input : JSON.stringify(input) }),
  );
  const written = calls.map((call, index) => (index > 0 || said.join("") !== "" ? `\n${call}` : call));
  return { ...rest, text: [...said, ...written.flatMap((call) => call.match(/.{1,7}/gsu) ?? [])] };
}
