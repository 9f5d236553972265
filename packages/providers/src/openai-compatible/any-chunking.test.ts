// From the bytes of a server to the parts that a user sees: however the network cuts the bytes, the parts are the same.
import { Agent, type LanguageModel, type StreamPart, tool } from "@beseda/core";
import { EventReader, sseDecoder } from "@beseda/core/http";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ChatReply } from "./from-chat-chunk.ts";
import { quirks } from "./quirks.ts";

const chunk = (delta: object, more: object = {}) =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, ...more }] })}\r\n\r\n`;
const calling = [
  chunk({ role: "assistant", content: "" }),
  chunk({ content: "<think>Надо посмот" }),
  chunk({ content: "реть 👩‍👧.</thi" }),
  ": keep-alive\n\n",
  chunk({ content: "nk>Минуту\u2028…" }),
  chunk({ tool_calls: [{ index: 0, id: "c1", function: { name: "look", arguments: "" } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":"О' } }] }),
  chunk({ tool_calls: [{ index: 0, function: { arguments: 'мск"}' } }] }),
  chunk({}, { finish_reason: "tool_calls" }),
  'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}}\n\n',
  "data: [DONE]\n\n",
].join("");
const answering = `${chunk({ content: "<think>" })}${chunk({ content: "</think>В Омске " })}${chunk({ content: "снег ❄️" }, { finish_reason: "stop" })}data: [DONE]\n\n`;

const look = tool({
  name: "look",
  description: "",
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  execute: ({ city }) => `${city}: снег`,
});

/** The parts of a whole run, with text cut in pieces put together again. */
async function partsOf(replies: readonly (readonly Buffer[])[]): Promise<unknown[]> {
  let asked = 0;
  const model: LanguageModel = {
    provider: "test",
    modelId: "bytes",
    stream() {
      const reader = new EventReader(sseDecoder(new ChatReply(quirks.openai, ["look"])));
      for (const bytes of replies[asked++] ?? []) reader.push(bytes);
      reader.close();
      return reader;
    },
  };
  const run = new Agent({ model, tools: [look], reasoning: "prompted" }).stream("Какая погода?");
  const parts: Omit<StreamPart, "runId">[] = [];
  for await (const { runId, ...part } of run.fullStream) if (part.type !== "start") parts.push(part);
  return parts;
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...[...new Set(cuts.map((at) => at % bytes.length))].sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

it("any chunking of the bytes gives the same parts", async () => {
  const [first, second] = [Buffer.from(calling), Buffer.from(answering)];
  const whole = await partsOf([[first], [second]]);
  expect(whole).toContainEqual({
    type: "tool-result",
    toolCallId: "c1",
    toolName: "look",
    input: { city: "Омск" },
    output: "Омск: снег",
  });
  expect(whole.at(-1)).toMatchObject({ type: "finish", finishReason: "stop" });
  const anyCuts = fc.array(fc.nat(), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(anyCuts, anyCuts, async (one, other) => {
      expect(await partsOf([cut(first, one), cut(second, other)])).toEqual(whole);
    }),
    { numRuns: 200 },
  );
  const bytewise = (bytes: Buffer) => cut(bytes, Array.from(bytes.keys()));
  expect(await partsOf([bytewise(first), bytewise(second)])).toEqual(whole);
});
