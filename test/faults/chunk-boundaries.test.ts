// P2: the same bytes, split anywhere. Every pair of offsets, however far apart, is in chunk-boundaries.long.test.ts.
import { type StreamPart, tool } from "@beseda/core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { agentOver, inParallel, outcomeOf, serving, tell } from "./fault-bench.ts";
import { recordedCall, recordedReply, recordedText } from "./recorded-reply.ts";
import { eventsOf, splitAtPairs } from "./split-events.ts";

it("The events of a stream are the same, byte by byte, wherever its reads are split", () => {
  expect(eventsOf([recordedReply])).toContain("семье 👨‍👩‍👧‍👦");
  const { pairs, different } = splitAtPairs(recordedReply, 12);
  expect(different).toBeUndefined();
  tell("P2 chunk boundaries, decoder", { bytes: recordedReply.length, "pairs of offsets": pairs, different: 0 });
}, 60_000);

it("A user sees the same parts and the tool gets the same input, wherever the network splits the reply", async () => {
  const offsets = fc.nat({ max: recordedReply.length });
  const pairs = fc.sample(fc.tuple(offsets, offsets), 200).map((pair) => pair.sort((a, b) => a - b));
  const server = await serving({
    respond({ body }) {
      const messages = body.messages as { content: string }[];
      const pieces = JSON.parse(messages[0]?.content ?? "") as number[];
      return messages.length > 1 ? { text: "Готово." } : { raw: [recordedReply], pieces };
    },
  });
  const inputs: unknown[] = [];
  const forecast = tool({
    name: recordedCall.name,
    description: "The weather.",
    inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    execute: (input) => void inputs.push(input),
  });
  const agent = agentOver(server, { tools: [forecast] });
  const partsOf = async (pieces: number[]) => (await outcomeOf(agent, JSON.stringify(pieces))).parts.flatMap(plain);
  const whole = await partsOf([]);
  expect(whole.join("")).toContain(recordedText());
  await inParallel(pairs.length, 8, async (number) => {
    const pair = pairs[number] as number[];
    expect(await partsOf(pair), `split at ${pair.join(" and ")}`).toEqual(whole);
  });
  expect(inputs).toEqual(Array(pairs.length + 1).fill(recordedCall.input));
  const { seed } = fc.readConfigureGlobal();
  tell("P2 chunk boundaries, sockets", { "pairs of offsets": pairs.length, different: 0, seed: seed ?? "none" });
}, 60_000);

/** A part without what is another in every run. */
function plain({ runId, ...part }: StreamPart): string[] {
  return part.type === "start" ? [] : [part.type === "text-delta" ? part.text : JSON.stringify(part)];
}
