// A run that is under way can be told more, and each of its steps can be prepared.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const look = tool({ name: "look", description: "", inputSchema: z.object({}), execute: () => "a wall" });
const lookCall = { toolCalls: [{ toolName: "look", input: {} }] };

describe("run.steer()", () => {
  it("is seen at the next step", async () => {
    const model = scriptedModel([lookCall, { text: "Left, then." }]);
    const run = new Agent({ model, tools: [look] }).stream("Where to?");
    for await (const part of run.fullStream) if (part.type === "tool-call") expect(run.steer("Left!")).toBe(true);
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "user"]);
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({ content: "Left!" });
    expect((await run.result).messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "tool",
      "user",
      "assistant",
    ]);
  });

  it("makes a step more where the run was about to end, and is refused once it has ended", async () => {
    const model = scriptedModel([{ text: ["Right", "."] }, { text: "Left, then." }]);
    const run = new Agent({ model }).stream("Where to?");
    let isSaid = false;
    for await (const _ of run.textStream) {
      if (!isSaid) run.steer("Left!");
      isSaid = true;
    }
    expect((await run.result).text).toBe("Left, then.");
    expect(run.steer("Up!")).toBe(false);
    model.done();
  });

  it("makes a step more after an answer that was cut, too, and is refused where it is empty", async () => {
    const run = new Agent({ model: scriptedModel([{ text: "Ri", finishReason: "length" }, { text: "Left." }]) }).stream(
      "?",
    );
    let isSaid = false;
    for await (const _ of run.textStream) {
      if (!isSaid) expect(() => run.steer(" ")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
      if (!isSaid) run.steer("Left!");
      isSaid = true;
    }
    expect(await run.result).toMatchObject({ text: "Left.", finishReason: "stop" });
  });

  it("makes no step more than the run may take, and is kept in the thread then", async () => {
    const run = new Agent({ model: scriptedModel([{ text: "Right." }]), maxSteps: 1 }).stream("Where to?");
    for await (const _ of run.textStream) run.steer("Left!");
    expect((await run.result).messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  });

  it("is kept in the thread where the run ends before it was seen", async () => {
    const run = new Agent({ model: scriptedModel([{ text: "Hm", hangs: true }]) }).stream("Where to?");
    for await (const part of run.fullStream) {
      if (part.type !== "text-delta") continue;
      run.steer("Left!");
      run.cancel();
    }
    expect((await run.result).messages.at(-1)).toMatchObject({ role: "user", content: "Left!" });
  });
});

describe("prepareStep", () => {
  it("chooses model, instructions, tools, tool choice and settings of each step", async () => {
    const strong = scriptedModel([lookCall]);
    const weak = scriptedModel([{ text: "Done" }]);
    const other = tool({ name: "other", description: "", inputSchema: z.object({}), execute: () => "" });
    const agent = new Agent({
      model: strong,
      instructions: "Plan.",
      tools: [look],
      settings: { temperature: 0, seed: 1 },
      prepareStep: ({ step, steps, messages, agentName }) => {
        expect([step, steps.length, messages.length, agentName]).toEqual(
          step === 1 ? [1, 0, 1, "assistant"] : [2, 1, 3, "assistant"],
        );
        if (step === 1) return { toolChoice: "required" };
        return {
          model: weak,
          instructions: "Answer.",
          tools: [other],
          toolChoice: "none",
          settings: { temperature: 1 },
        };
      },
    });
    await agent.generate("Go");
    expect(strong.requests[0]).toMatchObject({
      instructions: "Plan.",
      toolChoice: "required",
      tools: [{ name: "look" }],
    });
    expect(weak.requests[0]).toMatchObject({
      instructions: "Answer.",
      toolChoice: "none",
      tools: [{ name: "other" }],
      settings: { temperature: 1, seed: 1 },
    });
  });

  it("changes one step only, may take its time, and fails the run where it throws", async () => {
    const model = scriptedModel([lookCall, { text: "Done" }]);
    const first = new Agent({
      model,
      tools: [look],
      prepareStep: async ({ step }) => (step === 1 ? { instructions: "First." } : undefined),
    });
    await first.generate("Go");
    expect(model.requests.map(({ instructions }) => instructions)).toEqual(["First.", ""]);
    const failing = new Agent({ model: scriptedModel([]), prepareStep: () => Promise.reject(new Error("no plan")) });
    await expect(failing.generate("Go")).rejects.toThrow("no plan");
  });
});
