import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { type Tool, tool } from "../tool/tool.ts";
import { collectSpans, treeOf } from "./collect-spans.fake.ts";
import { traceAgent } from "./trace-agent.ts";
import { tracedTools } from "./traced-tools.ts";

let sdk: ReturnType<typeof collectSpans>;
beforeEach(() => {
  sdk = collectSpans();
});
afterEach(() => sdk.close());

const dig = tool({ name: "dig", description: "Digs", inputSchema: z.object({}), execute: () => "gold" });
const callsDig: ScriptedReply = { toolCalls: [{ toolName: "dig", input: {}, toolCallId: "call-0" }] };
const asksExpert: ScriptedReply = {
  toolCalls: [{ toolName: "expert", input: { task: "dig" }, toolCallId: "call-0" }],
};
const tree = [
  "invoke_agent guide",
  "  chat scripted",
  "  execute_tool expert",
  "    invoke_agent expert",
  "      chat scripted",
  "      execute_tool dig",
  "      chat scripted",
  "  chat scripted",
];

function expertOf(...replies: ScriptedReply[]): Agent {
  return new Agent({ name: "expert", description: "Knows", model: scriptedModel(replies), tools: [dig] });
}

function guideOf(tools: readonly Tool[], ...replies: ScriptedReply[]): Agent {
  return new Agent({ name: "guide", model: scriptedModel(replies), tools });
}

describe("a sub-agent", () => {
  it("is traced under the tool call that it works for, by whoever traces its caller", async () => {
    const guide = guideOf([expertOf(callsDig, { text: "gold" }).asTool()], asksExpert, { text: "Gold!" });
    traceAgent(guide, sdk);
    await guide.generate("Where to?");
    expect(treeOf(await sdk.finished())).toEqual(tree);
    expect(sdk.open()).toBe(0);
  });

  it("that is traced by itself is so once, in the same place, with traced tools or without", async () => {
    for (const wrap of [(tools: readonly Tool[]) => tools, tracedTools]) {
      const expert = expertOf(callsDig, { text: "gold" });
      const guide = guideOf(wrap([expert.asTool()]), asksExpert, { text: "Gold!" });
      traceAgent(expert, sdk);
      traceAgent(guide, sdk);
      await guide.generate("Where to?");
    }
    expect(treeOf(await sdk.finished())).toEqual([...tree, ...tree]);
    expect(sdk.open()).toBe(0);
  });

  it("that is traced by itself alone has its run for itself", async () => {
    const expert = expertOf(callsDig, { text: "gold" });
    traceAgent(expert, sdk);
    await guideOf([expert.asTool()], asksExpert, { text: "Gold!" }).generate("Where to?");
    expect(treeOf(await sdk.finished())).toEqual(tree.slice(3, 7).map((line) => line.slice(4)));
  });

  it("that is stopped with its caller leaves no span open", async () => {
    const guide = guideOf([expertOf({ text: "Let me", hangs: true }).asTool()], asksExpert);
    traceAgent(guide, sdk);
    const run = guide.stream("Where to?");
    for await (const part of run.fullStream) if (part.type === "text-delta") run.cancel();
    expect(treeOf(await sdk.finished())).toEqual(tree.slice(0, 5));
    expect(sdk.open()).toBe(0);
  });
});

it("a run that went on after an approval has the tool call in the part that carried it out", async () => {
  const pay = tool({
    name: "pay",
    description: "Pays",
    inputSchema: z.object({}),
    effects: "external",
    execute: () => "paid",
  });
  const guide = guideOf(tracedTools([pay]), { toolCalls: [{ toolName: "pay", input: {} }] }, { text: "Paid" });
  traceAgent(guide, sdk);
  const { runId, pending } = await guide.generate("Pay it");
  await guide.resume(
    runId,
    pending.map(({ callId }) => ({ callId, approved: true })),
  );
  expect(treeOf(await sdk.finished())).toEqual([
    "invoke_agent guide",
    "  chat scripted",
    "invoke_agent guide",
    "  execute_tool pay",
    "  chat scripted",
  ]);
  expect(sdk.open()).toBe(0);
});

it("a tool call that was not approved has no span: it was never carried out", async () => {
  const pay = tool({
    name: "pay",
    description: "Pays",
    inputSchema: z.object({}),
    needsApproval: true,
    execute: () => "paid",
  });
  const guide = guideOf([pay], { toolCalls: [{ toolName: "pay", input: {} }] }, { text: "As you wish" });
  traceAgent(guide, sdk);
  const { runId, pending } = await guide.generate("Pay it");
  await guide.resume(
    runId,
    pending.map(({ callId }) => ({ callId, approved: false })),
  );
  const chat = ["invoke_agent guide", "  chat scripted"];
  expect(treeOf(await sdk.finished())).toEqual([...chat, ...chat]);
  expect(sdk.open()).toBe(0);
});

it("an agent that the thread was handed to has a span of its own in the run", async () => {
  const billing = new Agent({ name: "billing", model: scriptedModel([{ text: "It is paid" }]) });
  const front = new Agent({
    name: "front",
    model: scriptedModel([{ toolCalls: [{ toolName: "hand_off_to_billing", input: {} }] }]),
    handOffs: () => [billing],
  });
  traceAgent(front, sdk);
  await front.generate("Did I pay?");
  expect(treeOf(await sdk.finished())).toEqual([
    "invoke_agent front",
    "  chat scripted",
    "  execute_tool hand_off_to_billing",
    "  invoke_agent billing",
    "    chat scripted",
  ]);
  expect(sdk.open()).toBe(0);
});
