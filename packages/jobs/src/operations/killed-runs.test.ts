import { Agent, type RunResult, type Tool, tool, type UserMessage } from "@beseda/core";
import { describe, expect, it } from "vitest";
import {
  comparable,
  noted,
  type Scenario,
  script,
  type Told,
  tellOf,
  timeless,
  type World,
} from "./killed-runs.fake.ts";
import { Disk, MortalProcess } from "./mortal-machine.fake.ts";

/** The same agent asked at once, without a job. */
async function direct({ agent: agentOf, input, options, decide }: Scenario, disk = new Disk()) {
  const ledger = { asked: [], carriedOut: [] };
  const agent = agentOf({ process: new MortalProcess(disk), ledger });
  let result: RunResult = await agent.generate(input, options);
  while (result.finishReason === "approval" && decide)
    result = await agent.resume(result.runId, decide(result.pending));
  return { result, ledger, disk };
}

/** Killed after each write in turn, once and then again as soon, until a run comes to its end before. */
async function killedEverywhere(scenario: Scenario, judge: (told: Told) => void, disk = () => new Disk()) {
  let deaths = 0;
  for (let write = 1, isOver = false; !isOver; write++) {
    for (const again of [[], [write]]) {
      const told = await tellOf(scenario, [write, ...again], disk());
      judge(told);
      deaths += told.crashes;
      isOver = told.crashes === 0;
    }
  }
  expect(deaths).toBeGreaterThan(10);
}

const approveAll: Scenario["decide"] = (pending) => pending.map(({ callId }) => ({ callId, approved: true }));

describe("a run that is killed after any of its writes", { timeout: 60_000 }, () => {
  const clerk = (world: World) =>
    new Agent({
      name: "clerk",
      model: script(world, "clerk", [
        {
          reasoning: "First the stock, and the price.",
          text: "One moment.",
          toolCalls: [
            { toolName: "stock", input: { of: "tea" }, toolCallId: "c1" },
            { toolName: "price", input: { of: "tea" }, toolCallId: "c2" },
          ],
        },
        { toolCalls: [{ toolName: "stock", input: { of: "cups" }, toolCallId: "c3" }] },
        { reasoning: ["I ", "know."], text: ["There ", "is tea."] },
      ]),
      tools: [noted(world, "stock", { effects: "read" }), noted(world, "price", { effects: "none" })],
    });

  it("ends with the same result, having asked the model at most once more for each crash", async () => {
    const scenario: Scenario = { agent: clerk, input: "What is there?" };
    const { result } = await direct(scenario);
    await killedEverywhere(scenario, (told) => {
      expect(comparable(told.result)).toEqual(comparable(result));
      expect(told.ledger.asked.length).toBeLessThanOrEqual(3 + told.crashes);
    });
  });

  it("never runs a tool twice that is not to be run twice", async () => {
    const agent = (world: World) =>
      new Agent({
        name: "payer",
        model: script(world, "payer", [
          {
            toolCalls: [
              { toolName: "pay", input: { of: "7" }, toolCallId: "c1" },
              { toolName: "pay", input: { of: "8" }, toolCallId: "c2" },
              { toolName: "look", input: { of: "9" }, toolCallId: "c3" },
            ],
          },
          { text: "Paid." },
        ]),
        tools: [noted(world, "pay", { replay: "never" }), noted(world, "look", { effects: "read" })],
      });
    let unknown = 0;
    await killedEverywhere({ agent, input: "Pay." }, ({ result, ledger }) => {
      expect(result.text).toBe("Paid.");
      for (const of of ["7", "8"]) {
        expect(ledger.carriedOut.filter((each) => each === `pay ${of}`).length).toBeLessThanOrEqual(1);
      }
      const outcomes = result.steps[0]?.toolResults ?? [];
      for (const { output } of outcomes) expect(output).toMatch(/^(pay|look) of \d is done$|^This call was begun/);
      if (outcomes.some(({ output }) => output.startsWith("This call was begun"))) unknown++;
    });
    expect(unknown).toBeGreaterThan(0);
  });

  it("has every message in its thread once, in a memory with a window, too", async () => {
    const before: UserMessage[] = Array.from({ length: 5 }, (_, at) => ({
      role: "user",
      content: `said ${at}`,
      createdAt: new Date(at).toISOString(),
    }));
    for (const window of [Number.POSITIVE_INFINITY, 1]) {
      const disk = () => {
        const fresh = new Disk();
        fresh.threads.set("t", [...before]);
        return fresh;
      };
      const agent = (world: World) => {
        const { model, tools } = clerk(world);
        return new Agent({ name: "clerk", model, tools, memory: world.process.memory(window) });
      };
      const scenario: Scenario = { agent, input: "What is there?", options: { threadId: "t" } };
      const reference = await direct(scenario, disk());
      const thread = timeless(reference.disk.threads.get("t") ?? []);
      await killedEverywhere(
        scenario,
        (told) => {
          expect(timeless(told.disk.threads.get("t") ?? [])).toEqual(thread);
          expect(comparable(told.result)).toEqual(comparable(reference.result));
        },
        disk,
      );
    }
  });

  it("has its sub-agents go on where they were, and their tools run once", async () => {
    const agent = (world: World) => {
      const porter = new Agent({
        name: "porter",
        description: "Fetches things.",
        model: script(world, "porter", [
          { toolCalls: [{ toolName: "fetch", input: { of: "tea" }, toolCallId: "p1" }] },
          { text: "Here is the tea." },
        ]),
        tools: [noted(world, "fetch", { replay: "safe" })],
      });
      return new Agent({
        name: "host",
        model: script(world, "host", [
          {
            toolCalls: [
              { toolName: "porter", input: { task: "tea" }, toolCallId: "h1" },
              { toolName: "porter", input: { task: "more tea" }, toolCallId: "h2" },
            ],
          },
          { text: "Tea is served." },
        ]),
        tools: [porter.asTool()],
      });
    };
    const scenario = { agent, input: "Tea, please." };
    const { result } = await direct(scenario);
    await killedEverywhere(scenario, (told) => {
      expect(comparable(told.result)).toEqual(comparable(result));
      // Both porters may have been asked at once.
      expect(told.ledger.asked.length).toBeLessThanOrEqual(6 + 2 * told.crashes);
    });
  });

  it("stays with whoever the thread was handed to", async () => {
    const agent = (world: World) => {
      const seller = new Agent({
        name: "seller",
        model: script(world, "seller", [{ text: "nothing" }, { text: "It costs seven." }]),
        tools: [noted(world, "price", { effects: "read" })],
      });
      return new Agent({
        name: "desk",
        model: script(world, "desk", [
          { toolCalls: [{ toolName: "hand_off_to_seller", input: {}, toolCallId: "d1" }] },
        ]),
        handOffs: () => [seller],
        memory: world.process.memory(),
      });
    };
    const scenario = { agent, input: "What does it cost?", options: { threadId: "t" } };
    const { result } = await direct(scenario);
    expect(result.agentName).toBe("seller");
    await killedEverywhere(scenario, (told) => {
      expect(comparable(told.result)).toEqual(comparable(result));
      expect(told.disk.threads.get("t")).toHaveLength(4);
    });
  });

  it("keeps what was approved and what was not, each call carried out once", async () => {
    for (const isKept of [false, true]) {
      const agent = (world: World) => {
        const buyer = new Agent({
          name: "buyer",
          description: "Buys things.",
          model: script(world, "buyer", [
            { toolCalls: [{ toolName: "order", input: { of: "cups" }, toolCallId: "b1" }] },
            { text: "Ordered." },
          ]),
          tools: [noted(world, "order", { needsApproval: true })],
        });
        return new Agent({
          name: "owner",
          model: script(world, "owner", [
            {
              toolCalls: [
                { toolName: "sell", input: { of: "tea" }, toolCallId: "o1" },
                { toolName: "sell", input: { of: "shop" }, toolCallId: "o2" },
                { toolName: "buyer", input: { task: "cups" }, toolCallId: "o3" },
              ],
            },
            { text: "All is done." },
          ]),
          tools: [noted(world, "sell", { needsApproval: true }), buyer.asTool()],
          ...(isKept && { memory: world.process.memory() }),
        });
      };
      const decide: Scenario["decide"] = (pending) =>
        pending.map(({ callId }) => ({ callId, approved: callId !== "o2", reason: "not the shop" }));
      const scenario: Scenario = { agent, input: "Go.", decide, options: { threadId: "t" } };
      const { result } = await direct(scenario);
      expect(result.text).toBe("All is done.");
      await killedEverywhere(scenario, (told) => {
        expect(told.result.text).toBe("All is done.");
        expect(told.ledger.carriedOut).not.toContain("sell shop");
        for (const call of ["sell tea", "order cups"]) {
          expect(told.ledger.carriedOut.filter((each) => each === call).length).toBeLessThanOrEqual(1);
        }
        expect(told.ledger.asked.length).toBeLessThanOrEqual(4 + told.crashes);
        if (isKept) {
          const results = (told.disk.threads.get("t") ?? []).filter(({ role }) => role === "tool");
          const settled = results.filter((each) => each.role === "tool" && !each.isPending);
          expect(settled.map((each) => each.role === "tool" && each.toolCallId).sort()).toEqual(["o1", "o2", "o3"]);
        }
      });
    }
  });

  it("goes on with a tool of your own whose run below waits for an approval", async () => {
    const agent = (world: World) => {
      const buyer = new Agent({
        name: "buyer",
        model: script(world, "buyer", [
          { toolCalls: [{ toolName: "order", input: { of: "cups" }, toolCallId: "b1" }] },
          { text: "Ordered." },
        ]),
        tools: [noted(world, "order", { needsApproval: true })],
      });
      const shop = tool({
        name: "shop",
        description: "Shops.",
        inputSchema: { type: "object", properties: {} },
        replay: "never",
        execute: async (_input, context) => (await buyer.generate("Buy cups.", { parent: context })).text,
      }) as Tool;
      return new Agent({
        name: "owner",
        model: script(world, "owner", [
          { toolCalls: [{ toolName: "shop", input: {}, toolCallId: "o1" }] },
          { text: "All is done." },
        ]),
        tools: [shop],
      });
    };
    const { result } = await tellOf({ agent, input: "Go.", decide: approveAll }, []);
    expect(result.steps[0]?.toolResults[0]?.output).toBe("Ordered.");
  });

  it("has what prepareStep chose for each step", async () => {
    const agent = (world: World) => {
      const { tools, model } = clerk(world);
      const other = script(world, "other", [{}, {}, { text: "Said by another model." }]);
      return new Agent({
        name: "clerk",
        model,
        tools,
        prepareStep: ({ step }) => (step === 3 ? { model: other, instructions: "Be short." } : {}),
      });
    };
    const scenario = { agent, input: "What is there?" };
    const { result } = await direct(scenario);
    expect(result.text).toBe("Said by another model.");
    await killedEverywhere(scenario, (told) => expect(comparable(told.result)).toEqual(comparable(result)));
  });

  it("has its answer as an object, corrected where it had to be", async () => {
    const agent = (world: World) =>
      new Agent({
        name: "counter",
        model: script(world, "counter", [
          { toolCalls: [{ toolName: "stock", input: { of: "tea" }, toolCallId: "c1" }] },
          { toolCalls: [{ toolName: "final_answer", input: { count: "many" }, toolCallId: "c2" }] },
          { toolCalls: [{ toolName: "final_answer", input: { count: 7 }, toolCallId: "c3" }] },
        ]),
        tools: [noted(world, "stock", { effects: "read" })],
        output: { type: "object", properties: { count: { type: "number" } }, required: ["count"] },
      });
    const scenario = { agent, input: "How many?" };
    const { result } = await direct(scenario);
    expect(result.output).toEqual({ count: 7 });
    await killedEverywhere(scenario, (told) => expect(comparable(told.result)).toEqual(comparable(result)));
  });
});
