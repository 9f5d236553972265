import { Agent, type LanguageModel, type ModelEvent, type ModelRequest, textOf, tool, type Usage } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { outputOf, partPlace, workOn } from "../part-place.fake.ts";
import { memoryBatches } from "./memory-batches.fake.ts";

const inRounds = { calls: "batch", pollMs: 1 } as const;

/** Its service counts no tokens. Looks so often before it answers. */
function uncounted(looks: number) {
  const answer = ({ messages }: ModelRequest): ModelEvent[] => {
    const nth = messages.filter(({ role }) => role === "tool").length + 1;
    const said: ModelEvent =
      nth > looks
        ? { type: "text-delta", text: "Yes, it is." }
        : { type: "tool-call", toolCallId: `call-${nth}`, toolName: "look", input: "{}" };
    return [said, { type: "finish", finishReason: nth > looks ? "stop" : "tool-calls" }];
  };
  return memoryBatches(answer);
}

/** A batch costs 20 at least, for which there are so many tokens. */
function atLeast20(tokens: number): LanguageModel["costOf"] {
  return ({ totalTokens }) => ({ RUB: (20 * Math.max(tokens, totalTokens)) / tokens });
}

function looking(model: LanguageModel): Agent {
  const inputSchema = { type: "object", properties: {} } as const;
  const look = tool({ name: "look", description: "Looks.", inputSchema, execute: () => "It is there." });
  return new Agent({ model, tools: [look] });
}

describe("of a service whose batches cost something however small they are", () => {
  it("a round is taken for what all of it costs: it begins as many as the limit allows, and no row alone", async () => {
    const model = uncounted(2);
    const agent = looking({ ...model, costOf: atLeast20(200_000) });
    const place = await partPlace(agent, { ...inRounds, rows: 10, maxCost: { RUB: 45 } });
    const job = await workOn(place);
    expect(model.taken.map(({ requests }) => requests.length)).toEqual([10, 10]);
    expect(job).toMatchObject({ state: "waiting", metadata: { stopped: "budget" } });
    expect(job.metadata.usage).toMatchObject({ cost: { RUB: 40 } });
  });

  it("rows have their shares of what their batches cost", async () => {
    const model = uncounted(1);
    const agent = looking({ ...model, costOf: atLeast20(200_000) });
    const place = await partPlace(agent, { ...inRounds, rows: 3 });
    expect((await workOn(place)).outcome).toMatchObject({
      response: { finished: 3, usage: { estimated: true, cost: { RUB: 40 } } },
    });
    for (const { usage } of await outputOf(place)) {
      expect(usage).toMatchObject({ estimated: true, cost: { RUB: expect.closeTo(40 / 3, 5) } });
    }
  });

  it("what goes beyond the least is paid token for token", async () => {
    const model = uncounted(0);
    const agent = new Agent({ model: { ...model, costOf: atLeast20(1_000) }, instructions: "word ".repeat(1_000) });
    const place = await partPlace(agent, { ...inRounds, rows: 4 });
    const { outcome } = await workOn(place);
    const { usage } = (outcome?.response ?? {}) as unknown as { usage: Usage };
    expect(usage.totalTokens).toBeGreaterThan(4_000);
    expect(usage.cost).toEqual({ RUB: expect.closeTo(usage.totalTokens / 50, 6) });
  });

  it("batches that differ in their settings cost it each", async () => {
    const model = uncounted(0);
    const priced = { ...model, costOf: atLeast20(200_000) };
    const agent = new Agent({
      model: priced,
      prepareStep: ({ messages }) => ({
        settings: { maxOutputTokens: textOf(messages[0] ?? { role: "user", content: "" }) === "row 3" ? 5 : 6 },
      }),
    });
    const place = await partPlace(agent, { ...inRounds, rows: 5, maxCost: { RUB: 30 } });
    const job = await workOn(place);
    expect(model.taken.map(({ requests }) => requests.length)).toEqual([4]);
    expect(job).toMatchObject({ state: "waiting", metadata: { stopped: "budget", finished: 4 } });
  });
});

describe("of a service that counts no tokens", () => {
  it("those of replies count before their rows are done", async () => {
    const model = uncounted(5);
    const place = await partPlace(looking(model), { ...inRounds, rows: 3, maxTokens: 20 });
    const job = await workOn(place);
    expect(model.taken.map(({ requests }) => requests.length)).toEqual([1]);
    expect(job).toMatchObject({ state: "waiting", metadata: { stopped: "budget", finished: 0 } });
    expect(job.metadata.usage).toMatchObject({ estimated: true, totalTokens: expect.toSatisfy((n) => n > 20) });
  });
});
