// An approval is asked for, waits in the store, and is answered once, by any process that has the store.
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import type { Message } from "../message.ts";
import type { Memory } from "../ports/memory.ts";
import type { Store } from "../ports/store.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { type Tool, tool } from "../tool/tool.ts";
import { Agent, type AgentOptions } from "./agent.ts";
import { approvalIdOf, type PendingApproval, ProcessStore, readApprovalId } from "./approvals.ts";
import { repairThread } from "./plan-step.ts";

const threadId = "t";
const calls = { toolCalls: [{ toolName: "erase", input: { file: "a.txt" } }] };

/** What outlives a process: the threads as JSON and the documents. */
function disk() {
  const lines: string[] = [];
  const store: Store = new ProcessStore();
  const memory: Memory = {
    store,
    load: async () => lines.map((line) => JSON.parse(line) as Message),
    append: async (_, messages) => void lines.push(...messages.map((message) => JSON.stringify(message))),
    threads: async () => [],
    delete: async () => {},
  };
  return { memory, store, thread: () => repairThread(lines.map((line) => JSON.parse(line) as Message)) };
}

/** A process of its own: nothing is shared but the disk. */
function started(script: ScriptedReply[], memory: Memory | undefined, more: Partial<AgentOptions> = {}) {
  const model = scriptedModel(script);
  const erase = vi.fn(({ file }: { file: string }) => `${file} is gone`);
  const tools: Tool[] = [eraser(erase), reader()];
  const agent = new Agent({ model, tools, ...(memory && { memory }), ...more });
  return { agent, model, erase };
}

function eraser(execute: (input: { file: string }) => unknown): Tool {
  return tool({
    name: "erase",
    description: "Erases a file.",
    inputSchema: z.object({ file: z.string() }),
    needsApproval: true,
    execute,
  });
}

/** The waiting calls of this id, in all runs. */
async function expire(store: Store, id: string): Promise<void> {
  for (const [key, run] of await store.entries("")) {
    const { pending } = run as unknown as { pending: PendingApproval[] };
    for (const call of pending) if (call.callId.endsWith(id)) call.expiresAt = new Date(0).toISOString();
    await store.set(key, run);
  }
}

function reader(): Tool {
  return tool({ name: "read", description: "", inputSchema: z.object({}), effects: "read", execute: () => "text" });
}

describe("a call that needs an approval", () => {
  it("ends the run with reason approval and a list that JSON can hold; nothing has been carried out", async () => {
    const { agent, erase } = started([calls], disk().memory);
    const result = await agent.generate("Erase a.txt", { threadId, userId: "ann" });
    expect(result.finishReason).toBe("approval");
    expect(JSON.parse(JSON.stringify(result.pending))).toEqual([
      {
        runId: result.runId,
        callId: "call-1-1",
        approvalId: `${result.runId}:call-1-1`,
        toolName: "erase",
        input: { file: "a.txt" },
        agentName: "assistant",
        threadId,
        userId: "ann",
        expiresAt: expect.stringMatching(/^\d{4}-/),
      },
    ]);
    expect(await agent.pending(threadId)).toEqual(result.pending);
    expect(await agent.pending("another")).toEqual([]);
    expect(erase).not.toHaveBeenCalled();
  });

  it("is asked for by a part, after the run is stored, so that it can be answered at once", async () => {
    const kept = disk();
    const { agent } = started([calls], kept.memory);
    const types: string[] = [];
    for await (const part of agent.stream("Erase a.txt", { threadId }).fullStream) {
      types.push(part.type);
      if (part.type !== "tool-approval-request") continue;
      expect(part.toolCall).toEqual({ toolCallId: "call-1-1", toolName: "erase", input: { file: "a.txt" } });
      expect(await kept.store.entries("")).toHaveLength(1);
    }
    expect(types.slice(-4)).toEqual(["tool-call", "tool-approval-request", "finish-step", "finish"]);
  });

  it("goes on in a fresh process once it is approved, and is carried out there", async () => {
    const kept = disk();
    const { runId } = await started([calls], kept.memory).agent.generate("Erase a.txt", { threadId, userId: "ann" });
    const later = started([{ text: "It is gone." }], kept.memory);
    const result = await later.agent.resume(runId, [{ callId: "call-1-1", approved: true }], { userId: "ann" });
    expect(result).toMatchObject({ runId, threadId, text: "It is gone.", finishReason: "stop", pending: [] });
    expect(later.erase).toHaveBeenCalledExactlyOnceWith(
      { file: "a.txt" },
      expect.objectContaining({ runId, threadId, userId: "ann" }),
    );
    expect(later.model.requests[0]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool"]);
    expect(kept.thread().map((message) => (message.role === "tool" ? message.output : message.role))).toEqual([
      "user",
      "assistant",
      "a.txt is gone",
      "assistant",
    ]);
    expect(await kept.store.entries("")).toEqual([]);
  });

  it("is told to the model as refused, with the reason, where it is not approved", async () => {
    const kept = disk();
    const { runId } = await started([calls], kept.memory).agent.generate("Erase a.txt", { threadId });
    const later = started([{ text: "As you wish." }], kept.memory);
    const decisions = [{ callId: "call-1-1", approved: false, reason: "I still need it." }];
    const run = later.agent.stream({ runId, decisions });
    const errors: string[] = [];
    for await (const part of run.fullStream) if (part.type === "tool-error") errors.push(part.error);
    expect(errors).toEqual([expect.stringContaining("I still need it.")]);
    expect(later.model.requests[0]?.messages.at(-1)).toMatchObject({ role: "tool", isError: true });
    expect(later.erase).not.toHaveBeenCalled();
  });

  it("waits without a thread too, with all that was said", async () => {
    const kept = disk();
    const { runId } = await started([calls], kept.memory).agent.generate("Erase a.txt");
    const later = started([{ text: "Gone." }], kept.memory);
    await later.agent.resume(runId, [{ callId: "call-1-1", approved: true }]);
    expect(later.model.requests[0]?.messages).toMatchObject([
      { role: "user", content: "Erase a.txt" },
      { role: "assistant" },
      { role: "tool", output: "a.txt is gone" },
    ]);
  });

  it("waits in the process where the agent has no memory", async () => {
    const { agent, erase } = started([calls, { text: "Gone." }], undefined);
    const { runId } = await agent.generate("Erase a.txt");
    expect((await agent.resume(runId, [{ callId: "call-1-1", approved: true }])).text).toBe("Gone.");
    expect(erase).toHaveBeenCalledTimes(1);
  });

  it("lets the other calls of its step run, and every result stands in the order of the calls", async () => {
    const kept = disk();
    const script = [{ toolCalls: [...calls.toolCalls, { toolName: "read", input: {} }] }];
    const first = await started(script, kept.memory).agent.generate("Erase and read", { threadId });
    expect(first.steps[0]?.toolResults.map(({ output }) => output)).toEqual([expect.stringContaining("waits"), "text"]);
    const later = started([{ text: "Done." }], kept.memory);
    await later.agent.resume(first.runId, [{ callId: "call-1-1", approved: true }]);
    expect(later.model.requests[0]?.messages.slice(2)).toMatchObject([{ output: "a.txt is gone" }, { output: "text" }]);
  });

  it("keeps waiting where only another one was decided on", async () => {
    const kept = disk();
    const two = { toolCalls: ["a.txt", "b.txt"].map((file) => ({ toolName: "erase", input: { file } })) };
    const first = await started([two], kept.memory).agent.generate("Erase both", { threadId });
    const second = started([], kept.memory);
    const halfway = await second.agent.resume(first.runId, [{ callId: "call-1-2", approved: true }]);
    expect(halfway).toMatchObject({ finishReason: "approval", pending: [{ callId: "call-1-1" }] });
    expect(halfway.pending[0]?.expiresAt).toBe(first.pending[0]?.expiresAt);
    const third = started([{ text: "Both gone." }], kept.memory);
    await third.agent.resume(first.runId, [{ callId: "call-1-1", approved: true }]);
    expect(second.erase.mock.calls.map(([input]) => input.file)).toEqual(["b.txt"]);
    expect(third.erase.mock.calls.map(([input]) => input.file)).toEqual(["a.txt"]);
    expect(
      third.model.requests[0]?.messages.slice(2).map((message) => message.role === "tool" && message.output),
    ).toEqual(["a.txt is gone", "b.txt is gone"]);
  });

  it("keeps the instructions of its run, unless whoever resumes it gives others", async () => {
    const kept = disk();
    const told = { instructions: "In French." };
    const { runId } = await started([calls], kept.memory).agent.generate("Erase", { threadId, ...told });
    const later = started([calls, { text: "Fait." }], kept.memory);
    const { pending } = await later.agent.resume(runId, [{ callId: "call-1-1", approved: true }]);
    const others = pending.map(({ callId }) => ({ callId, approved: true }));
    await later.agent.resume(runId, others, { instructions: "In German." });
    expect(later.model.requests.map(({ instructions }) => instructions)).toEqual(["In French.", "In German."]);
  });

  it("finds what its run has asked and read, though the memory gives only the end of the thread", async () => {
    const kept = disk();
    const memory = { ...kept.memory, load: async () => kept.thread().slice(-2) };
    const look = { toolCalls: [{ toolName: "read", input: {} }] };
    const { runId } = await started([look, calls], memory).agent.generate("Read, then erase", { threadId });
    const later = started([calls, { text: "Gone." }], memory);
    const { pending } = await later.agent.resume(runId, [{ callId: "call-2-1", approved: true }]);
    await started([{ text: "Hi." }], memory).agent.generate("Hello", { threadId });
    await later.agent.resume(
      runId,
      pending.map(({ callId }) => ({ callId, approved: true })),
    );
    const said = later.model.requests.map(({ messages }) => messages.map((each) => each.role.slice(0, 1)).join(""));
    expect(said).toEqual(["uatat", "uatatatuaat"]);
  });

  it("that has expired is denied when another one is decided on", async () => {
    const kept = disk();
    const two = { toolCalls: ["a.txt", "b.txt"].map((file) => ({ toolName: "erase", input: { file } })) };
    const { runId } = await started([two], kept.memory).agent.generate("Erase both", { threadId });
    await expire(kept.store, "call-1-2");
    const later = started([{ text: "Only a.txt." }], kept.memory);
    const late = later.agent.resume(runId, [{ callId: "call-1-2", approved: true }]);
    await expect(late).rejects.toMatchObject({ code: "invalid-argument" });
    const result = await later.agent.resume(runId, [{ callId: "call-1-1", approved: true }]);
    expect(result).toMatchObject({ finishReason: "stop", text: "Only a.txt." });
    expect(later.erase.mock.calls.map(([input]) => input.file)).toEqual(["a.txt"]);
    expect(later.model.requests[0]?.messages.at(-1)).toMatchObject({
      output: expect.stringContaining("Nobody decided in time."),
    });
    expect(await kept.store.entries("")).toEqual([]);
  });

  it("stays answerable while the user says something else, and its result then comes after that", async () => {
    const kept = disk();
    const { runId } = await started([calls], kept.memory).agent.generate("Erase a.txt", { threadId });
    const meanwhile = started([{ text: "Four." }], kept.memory);
    expect((await meanwhile.agent.generate("What is 2 + 2?", { threadId })).text).toBe("Four.");
    expect(meanwhile.model.requests[0]?.messages[2]).toMatchObject({
      role: "tool",
      output: expect.stringContaining("waits"),
    });
    const later = started([{ text: "Gone." }], kept.memory);
    await later.agent.resume(runId, [{ callId: "call-1-1", approved: true }]);
    expect(later.erase).toHaveBeenCalledTimes(1);
    expect(later.model.requests[0]?.messages.map(({ role }) => role)).toEqual([
      ...["user", "assistant", "tool", "user", "assistant"],
      ...["assistant", "tool"],
    ]);
    expect(later.model.requests[0]?.messages.at(-1)).toMatchObject({ output: "a.txt is gone" });
  });

  it("counts the steps of the run from its beginning", async () => {
    const kept = disk();
    const { runId } = await started([calls], kept.memory).agent.generate("Erase a.txt", { threadId });
    const again = { toolCalls: [{ toolName: "read", input: {} }] };
    const later = started([again, again], kept.memory, { maxSteps: 3 });
    const result = await later.agent.resume(runId, [{ callId: "call-1-1", approved: true }]);
    expect(result.finishReason).toBe("max-steps");
    expect(later.model.requests).toHaveLength(2);
  });
});

describe("an approval cannot be", () => {
  const approved = [{ callId: "call-1-1", approved: true }];

  async function waiting() {
    const kept = disk();
    const { runId } = await started([calls], kept.memory).agent.generate("Erase", { threadId, userId: "ann" });
    const later = started([{ text: "Gone." }], kept.memory);
    return { kept, runId, ...later };
  }

  it("given twice, however many try at once", async () => {
    const { kept, runId, agent, erase } = await waiting();
    const others = Array.from({ length: 9 }, () => started([{ text: "Gone." }], kept.memory));
    const tries = [agent, ...others.map((other) => other.agent)].map((each) => each.resume(runId, approved));
    const settled = await Promise.allSettled(tries);
    expect(settled.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(erase.mock.calls.length + others.reduce((sum, other) => sum + other.erase.mock.calls.length, 0)).toBe(1);
    await expect(agent.resume(runId, approved)).rejects.toMatchObject({ code: "not-found" });
  });

  it.each<[string, Parameters<Agent["resume"]>[1], Parameters<Agent["resume"]>[2], string]>([
    ["given by another user", approved, { userId: "bob" }, "unauthorized"],
    ["given for another call", [{ callId: "call-9", approved: true }], {}, "invalid-argument"],
    ["given without a decision", [], {}, "invalid-argument"],
  ])("%s, and then it still waits", async (_, decisions, options, code) => {
    const { runId, agent, erase } = await waiting();
    await expect(agent.resume(runId, decisions, options)).rejects.toMatchObject({ code, hint: expect.any(String) });
    expect(erase).not.toHaveBeenCalled();
    expect((await agent.resume(runId, approved)).text).toBe("Gone.");
  });

  it("given after it was denied, or for a run that never was", async () => {
    const { runId, agent, erase } = await waiting();
    await agent.resume(runId, [{ callId: "call-1-1", approved: false }]);
    await expect(agent.resume(runId, approved)).rejects.toMatchObject({ code: "not-found" });
    await expect(agent.resume("made-up", approved)).rejects.toMatchObject({ code: "not-found" });
    expect(erase).not.toHaveBeenCalled();
  });

  it("given after it has expired", async () => {
    const kept = disk();
    const { agent } = started([calls], kept.memory, { timeouts: { approvalMs: 0 } });
    const { runId } = await agent.generate("Erase", { threadId });
    await expect(agent.resume(runId, approved)).rejects.toMatchObject({ code: "not-found" });
    expect(await kept.store.entries("")).toEqual([]);
  });

  it("given by anything but true, such as what a form has sent", async () => {
    const { runId, agent, erase } = await waiting();
    for (const given of ["false", "true", 1, undefined]) {
      const decision = { callId: "call-1-1", approved: given as unknown as boolean };
      await expect(agent.resume(runId, [decision])).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(erase).not.toHaveBeenCalled();
    expect((await agent.resume(runId, approved)).text).toBe("Gone.");
  });

  it("given for a later call by a decision that comes twice, though the model gives all calls the same id", async () => {
    const { memory } = disk();
    const erasing = (file: string) =>
      started([{ toolCalls: [{ toolName: "erase", input: { file }, toolCallId: "0" }] }], memory);
    const { runId, pending } = await erasing("a.txt").agent.generate("Erase", { threadId });
    const decided = [pending.map(({ callId }) => ({ callId, approved: true }))];
    for (const file of ["b.txt", "c.txt"]) {
      const result = await erasing(file).agent.resume(runId, decided.at(-1) ?? []);
      expect(result.pending).toMatchObject([{ input: { file } }]);
      for (const decisions of decided) {
        const { agent, erase } = started([], memory);
        await expect(agent.resume(runId, decisions)).rejects.toMatchObject({ code: "invalid-argument" });
        expect(erase).not.toHaveBeenCalled();
      }
      decided.push(result.pending.map(({ callId }) => ({ callId, approved: true })));
    }
  });

  it("given for other arguments than those that were shown: they are stored, not passed", async () => {
    const { runId, agent, erase } = await waiting();
    const forged = [{ callId: "call-1-1", approved: true, input: { file: "/etc/passwd" } }];
    await agent.resume(runId, forged);
    expect(erase.mock.calls[0]?.[0]).toEqual({ file: "a.txt" });
  });
});

it("an approval of a sub-agent's call that has expired is denied, and the other is carried out", async () => {
  const kept = disk();
  const below = started([{ toolCalls: [...calls.toolCalls, ...calls.toolCalls] }, { text: "Erased." }], undefined);
  const helper = { toolName: "helper", input: { task: "Erase" } };
  const above = started([{ toolCalls: [helper, ...calls.toolCalls] }, { text: "Done." }], kept.memory, {
    tools: [below.agent.asTool({ name: "helper" }), eraser(() => "gone")],
  });
  const { runId, pending } = await above.agent.generate("Erase", { threadId });
  expect(pending.map(({ callId }) => callId)).toEqual(["call-1-1/call-1-1", "call-1-1/call-1-2", "call-1-2"]);
  await expire(kept.store, "/call-1-2");
  const decisions = ["call-1-1/call-1-1", "call-1-2"].map((callId) => ({ callId, approved: true }));
  expect(await above.agent.resume(runId, decisions)).toMatchObject({ finishReason: "stop", text: "Done." });
  expect(below.erase).toHaveBeenCalledTimes(1);
  expect(await kept.store.entries("")).toEqual([]);
});

it("a sub-agent all of whose approvals have expired goes on when another one is decided on", async () => {
  const kept = disk();
  const below = started([calls, { text: "I may not." }], undefined);
  const helper = { toolName: "helper", input: { task: "Erase" } };
  const above = started([{ toolCalls: [helper, ...calls.toolCalls] }, { text: "Done." }], kept.memory, {
    tools: [below.agent.asTool({ name: "helper" }), eraser(() => "gone")],
  });
  const { runId } = await above.agent.generate("Erase", { threadId });
  await expire(kept.store, "call-1-1");
  expect((await above.agent.resume(runId, [{ callId: "call-1-2", approved: true }])).text).toBe("Done.");
  expect(above.model.requests[1]?.messages.at(-2)).toMatchObject({ output: "I may not." });
  expect(below.erase).not.toHaveBeenCalled();
  expect(await kept.store.entries("")).toEqual([]);
});

it.each([
  ["3f2a", "call-1/p:0"],
  ["order:17", "call-1"],
  ["100%3A:", ":%3A"],
])("a button of the run %s and the call %s brings both back", (runId, callId) => {
  expect(readApprovalId(approvalIdOf(runId, callId))).toEqual({ runId, callId });
});

describe("whether a call needs an approval", () => {
  const run = async (options: Partial<Parameters<typeof tool>[0]>) => {
    const execute = vi.fn(() => "done");
    const one = tool({ name: "act", description: "", inputSchema: z.object({ n: z.number() }), ...options, execute });
    const model = scriptedModel([{ toolCalls: [{ toolName: "act", input: { n: 5 } }] }, { text: "ok" }]);
    const { finishReason } = await new Agent({ model, tools: [one] }).generate("Go");
    return `${finishReason}, ${execute.mock.calls.length} run`;
  };

  it.each([
    ["write", "approval, 0 run"],
    ["external", "approval, 0 run"],
    ["read", "stop, 1 run"],
    ["none", "stop, 1 run"],
  ] as const)("is by default what its effects say: %s", async (effects, expected) => {
    expect(await run({ effects })).toBe(expected);
  });

  it("can be said, or decided by its arguments; a rule that fails lets nothing through", async () => {
    expect(await run({ effects: "external", needsApproval: false })).toBe("stop, 1 run");
    const above = (limit: number) => (input: unknown) => (input as { n: number }).n > limit;
    expect(await run({ needsApproval: above(4) })).toBe("approval, 0 run");
    expect(await run({ needsApproval: async (input) => above(5)(input) })).toBe("stop, 1 run");
    const failing = () => {
      throw new Error("no rule");
    };
    expect(await run({ needsApproval: failing })).toBe("stop, 0 run");
  });
});

it("a crash between the approval and the result leaves a call whose outcome is unknown, not one that waits", async () => {
  const kept = disk();
  const { runId } = await started([calls], kept.memory).agent.generate("Erase a.txt", { threadId });
  const dying = new Agent({
    model: scriptedModel([]),
    memory: kept.memory,
    tools: [eraser(() => new Promise(() => {}))],
  });
  const run = dying.stream({ runId, decisions: [{ callId: "call-1-1", approved: true }] });
  await run.fullStream.next();
  void run.fullStream.next();
  await vi.waitFor(() => expect(kept.thread().at(-1)).toMatchObject({ output: expect.stringContaining("unknown") }));
  run.cancel();
  const later = started([{ text: "I am not sure." }], kept.memory);
  await later.agent.generate("Is it gone?", { threadId });
  expect(later.model.requests[0]?.messages[2]).toMatchObject({
    role: "tool",
    output: expect.stringContaining("unknown"),
  });
});
