// P11: models that do not come to an end. Nobody pays for more than ten replies, or for five times the same call.
import { tool } from "@beseda/core";
import type { ServerReply } from "@beseda/core/testing";
import { afterAll, describe, expect, it } from "vitest";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";

type Loop = {
  /** What the model says, by the number of its reply, from 0. */
  says: (reply: number) => ServerReply;
  /** How many replies it gets, and how many calls are carried out. */
  replies: number;
  executed: number;
  ends: { code: "tool-loop" } | { finishReason: "max-steps" | "stop" | "length" };
};

const call = (name: string, input: unknown) => ({ name, arguments: input });
const stopped = { code: "tool-loop" } as const;
const atMaxSteps = { finishReason: "max-steps" } as const;

const loops: [name: string, loop: Loop][] = [
  [
    "calls one tool with the same arguments",
    { says: () => ({ toolCalls: [call("look", { at: 1 })] }), replies: 5, executed: 4, ends: stopped },
  ],
  [
    "calls one tool with the same arguments, their keys in another order each time",
    {
      says: (n) => ({ toolCalls: [call("look", n % 2 ? { at: 1, by: 2 } : { by: 2, at: 1 })] }),
      replies: 5,
      executed: 4,
      ends: stopped,
    },
  ],
  [
    "announces each time that it will look once more",
    {
      says: (n) => ({ text: `Once more: ${n}.`, toolCalls: [call("look", { at: 1 })] }),
      replies: 5,
      executed: 4,
      ends: stopped,
    },
  ],
  [
    "alternates between two tools",
    {
      says: (n) => ({ toolCalls: [call(n % 2 ? "ask" : "look", { at: 1 })] }),
      replies: 9,
      executed: 8,
      ends: stopped,
    },
  ],
  [
    "calls two tools in every reply",
    { says: () => ({ toolCalls: [call("look", {}), call("ask", {})] }), replies: 5, executed: 8, ends: stopped },
  ],
  [
    "makes the same call six times in one reply",
    { says: () => ({ toolCalls: Array(6).fill(call("look", {})) }), replies: 1, executed: 0, ends: stopped },
  ],
  [
    "calls a tool that does not exist",
    { says: () => ({ toolCalls: [call("fly", {})] }), replies: 5, executed: 0, ends: stopped },
  ],
  [
    "writes arguments that are no JSON",
    { says: () => ({ toolCalls: [call("look", "at 1, please")] }), replies: 5, executed: 0, ends: stopped },
  ],
  [
    "calls one tool with other arguments each time",
    { says: (n) => ({ toolCalls: [call("look", { at: n })] }), replies: 10, executed: 10, ends: atMaxSteps },
  ],
  [
    "alternates between two tools, with other arguments each time",
    {
      says: (n) => ({ toolCalls: [call(n % 2 ? "ask" : "look", { at: n })] }),
      replies: 10,
      executed: 10,
      ends: atMaxSteps,
    },
  ],
  ["says nothing", { says: () => ({ text: "" }), replies: 1, executed: 0, ends: { finishReason: "stop" } }],
  [
    "says nothing but thoughts",
    { says: () => ({ reasoning: "Hm." }), replies: 1, executed: 0, ends: { finishReason: "stop" } },
  ],
  [
    "says that it calls tools, and calls none",
    { says: () => ({ text: "", finishReason: "tool_calls" }), replies: 1, executed: 0, ends: { finishReason: "stop" } },
  ],
  [
    "is cut off before it says anything",
    { says: () => ({ text: "", finishReason: "length" }), replies: 1, executed: 0, ends: { finishReason: "length" } },
  ],
];

describe.each([
  ["streamed", true],
  ["whole", false],
])("With replies that are %s, a model that", (_, streamed) => {
  it.each(loops)("%s is stopped, and not a step late", async (_, { says, replies, executed, ends }) => {
    const server = await serving({ respond: (_, number) => says(number) });
    let calls = 0;
    const tools = ["look", "ask"].map((name) =>
      tool({ name, description: "", inputSchema: { type: "object" }, execute: () => `nothing new, ${++calls}` }),
    );
    const { result, error, parts } = await outcomeOf(agentOver(server, { tools, streamed }), "Go");
    if ("code" in ends) expect(error).toMatchObject({ ...ends, hint: expect.any(String) });
    else expect({ error, finishReason: result.finishReason }).toEqual({ error: undefined, ...ends });
    expect(server.requests).toHaveLength(replies);
    expect(calls).toBe(executed);
    expect(result.steps).toHaveLength(replies);
    const last = parts.at(-1)?.type;
    expect(last).toBe("code" in ends ? "error" : "finish");
    counts.loops++;
    counts.replies += server.requests.length;
    counts["most replies"] = Math.max(counts["most replies"], server.requests.length);
  });
});

it("A model that repeats a call is told so at the third time, before it is stopped at the fifth", async () => {
  const server = await serving({ respond: () => ({ toolCalls: [call("look", {})] }) });
  const look = tool({ name: "look", description: "", inputSchema: { type: "object" }, execute: () => "nothing" });
  await outcomeOf(agentOver(server, { tools: [look] }), "Go");
  const messages = server.requests.at(-1)?.body.messages as { role: string; content: string }[];
  const results = messages.filter(({ role }) => role === "tool").map(({ content }) => content);
  expect(results.map((content) => content.includes("the run ends at 5"))).toEqual([false, false, true, true]);
});

const counts = { loops: 0, replies: 0, "most replies": 0, "steps late": 0 };

afterAll(() => {
  tell("P11 looping models", counts);
});
