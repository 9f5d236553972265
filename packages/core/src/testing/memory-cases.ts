// What every Memory has to do, as cases that any test runner can run.
import assert from "node:assert/strict";
import type { Message, ToolCallPart } from "../message.ts";
import type { Memory } from "../ports/memory.ts";
import { type ConformanceCase, type Skipped, withoutSkipped } from "./conformance.ts";
import { brokenText, hostileValue, mendedText, oddNames, oddText } from "./odd-text.ts";

export type MemoryHarness<Opened extends Memory> = {
  /** Closes what `open` gave and opens the same place again, as after a restart. For memories that outlive the process. */
  reopen?: (memory: Opened) => Opened | Promise<Opened>;
  /** Called at the end of each case. */
  close?: (memory: Opened) => void | Promise<void>;
  skip?: Skipped;
};

/**
 * `for (const { name, run } of memoryCases(() => inMemory({ window: wholeThread }))) it(name, run)`
 *
 * `open` gives an empty memory, another one for each case, that loads whole threads and not a window of them.
 */
export function memoryCases<Opened extends Memory>(
  open: () => Opened | Promise<Opened>,
  { reopen, close, skip }: MemoryHarness<Opened> = {},
): ConformanceCase[] {
  const inMemory = Object.entries(cases).map(([name, check]) => ({
    name,
    run: async () => {
      const memory = await open();
      await check(memory).finally(() => close?.(memory));
    },
  }));
  if (!reopen) return withoutSkipped(inMemory, skip);
  const afterReopening = {
    name: "has everything after it was closed and opened again, and goes on from there",
    run: async () => {
      let memory = await open();
      try {
        for (const id of oddNames) await memory.append(id, [user(`to ${id}`)]);
        await memory.append("deleted", [user("x")]);
        await memory.delete("deleted");
        const before = await memory.threads();
        memory = await reopen(memory);
        for (const id of oddNames) assert.deepEqual(await memory.load(id), [user(`to ${id}`)]);
        assert.deepEqual(await memory.load("deleted"), []);
        assert.deepEqual(createdTimes(await memory.threads()), createdTimes(before));
        await memory.append("room", everyKind);
        memory = await reopen(memory);
        assert.deepEqual(await memory.load("room"), [user("to room"), ...everyKind]);
      } finally {
        await close?.(memory);
      }
    },
  };
  return withoutSkipped([...inMemory, afterReopening], skip);
}

const cases: Record<string, (memory: Memory) => Promise<void>> = {
  "finds nothing in a thread that it does not know": async (memory) => {
    assert.deepEqual(await memory.load("unknown"), []);
    assert.deepEqual(await memory.threads(), []);
  },

  "gives every kind of message back as it was, in the order of appending": async (memory) => {
    await memory.append("t", everyKind.slice(0, 2));
    await memory.append("t", everyKind.slice(2, 3));
    await memory.append("t", everyKind.slice(3));
    assert.deepEqual(await memory.load("t"), everyKind);
  },

  "keeps the order of a thousand messages": async (memory) => {
    const messages = Array.from({ length: 1_000 }, (_, index) => user(`message ${index}`));
    await memory.append("t", messages.slice(0, 900));
    for (const message of messages.slice(900)) await memory.append("t", [message]);
    assert.deepEqual(await memory.load("t"), messages);
  },

  "keeps text of every script to the letter": async (memory) => {
    await memory.append("t", [user(oddText), user("")]);
    assert.deepEqual(await memory.load("t"), [user(oddText), user("")]);
  },

  "makes text with half a surrogate pair well-formed, and leaves what is around it": async (memory) => {
    await memory.append("t", [user(brokenText), user("next")]);
    assert.deepEqual(await memory.load("t"), [user(mendedText), user("next")]);
  },

  "takes any text as the id of a thread, and mixes no two": async (memory) => {
    for (const id of oddNames) await memory.append(id, [user(`to ${id}`)]);
    for (const id of oddNames) assert.deepEqual(await memory.load(id), [user(`to ${id}`)], `thread ${id.slice(0, 40)}`);
    assert.deepEqual((await memory.threads()).map(({ threadId }) => threadId).sort(), [...oddNames].sort());
  },

  "takes dangerous keys in a tool's input for data": async (memory) => {
    const call: ToolCallPart = { type: "tool-call", toolCallId: "1", toolName: "constructor", input: hostileValue() };
    await memory.append("t", [{ role: "assistant", content: [call] }]);
    const [message] = await memory.load("t");
    const [part] = message?.role === "assistant" ? message.content : [];
    assert.equal(JSON.stringify(part), JSON.stringify(call));
    assert.equal("polluted" in {}, false, "Object.prototype was changed");
  },

  "keeps a message of 5 MB": async (memory) => {
    const long = user("длинно ".repeat(400_000));
    await memory.append("t", [user("before"), long, user("after")]);
    assert.deepEqual(await memory.load("t"), [user("before"), long, user("after")]);
  },

  "keeps appends that come at once whole, each thread's in the order of the calls": async (memory) => {
    const threads = ["a", "b", "c"];
    const appends: Promise<void>[] = [];
    for (let turn = 0; turn < 50; turn++) {
      for (const id of threads) appends.push(memory.append(id, turnOf(id, turn)));
    }
    await Promise.all(appends);
    for (const id of threads) {
      const expected = Array.from({ length: 50 }, (_, turn) => turnOf(id, turn)).flat();
      assert.deepEqual(await memory.load(id), expected);
    }
  },

  "shares nothing with the caller": async (memory) => {
    const given = user("as it was");
    const list = [given];
    const appended = memory.append("t", list);
    given.content = "changed by the giver";
    list.push(user("pushed by the giver"));
    await appended;
    const loaded = await memory.load("t");
    // A memory may also give frozen messages, on which this throws.
    assert.ok(Reflect.set(loaded[0] as object, "content", "changed by the reader") || Object.isFrozen(loaded[0]));
    loaded.push(user("pushed by the reader"));
    assert.deepEqual(await memory.load("t"), [user("as it was")]);
    (await memory.threads()).pop();
    assert.equal((await memory.threads()).length, 1);
  },

  "refuses what is no plain data, and keeps nothing of that append": async (memory) => {
    await memory.append("t", [user("before")]);
    const input: Record<string, unknown> = {};
    input.itself = input;
    const call: Message = {
      role: "assistant",
      content: [{ type: "tool-call", toolCallId: "1", toolName: "x", input }],
    };
    await assert.rejects(memory.append("t", [user("lost"), call]), { name: "BesedaError", code: "invalid-argument" });
    await memory.append("t", [user("after")]);
    assert.deepEqual(await memory.load("t"), [user("before"), user("after")]);
  },

  "lists the threads, the latest first": async (memory) => {
    for (const id of ["a", "b", "c", "a"]) await memory.append(id, [user("x")]);
    const threads = await memory.threads();
    assert.deepEqual(
      threads.map(({ threadId }) => threadId),
      ["a", "c", "b"],
    );
    for (const { createdAt, updatedAt } of threads) {
      for (const time of [createdAt, updatedAt]) assert.equal(new Date(time).toISOString(), time);
      assert.ok(createdAt <= updatedAt, `created ${createdAt}, updated ${updatedAt}`);
    }
  },

  "forgets a deleted thread and no other; its id can begin anew": async (memory) => {
    await memory.append("t", [user("old")]);
    await memory.append("other", [user("stays")]);
    await memory.delete("t");
    await memory.delete("t");
    await memory.delete("never was");
    assert.deepEqual(await memory.load("t"), []);
    assert.deepEqual(
      (await memory.threads()).map(({ threadId }) => threadId),
      ["other"],
    );
    await memory.append("t", [user("new")]);
    assert.deepEqual(await memory.load("t"), [user("new")]);
    assert.deepEqual(await memory.load("other"), [user("stays")]);
  },
};

function user(content: string): { role: "user"; content: string } {
  return { role: "user", content };
}

function turnOf(id: string, turn: number): Message[] {
  return [user(`${id}, turn ${turn}`), { role: "assistant", content: [{ type: "text", text: `answer ${turn}` }] }];
}

function createdTimes(threads: { threadId: string; createdAt: string }[]): Map<string, string> {
  return new Map(threads.map(({ threadId, createdAt }) => [threadId, createdAt]));
}

const createdAt = "2026-01-02T03:04:05.678Z";

const everyKind: readonly Message[] = [
  { role: "user", content: "Hello", userId: "u1", createdAt },
  {
    role: "user",
    content: [
      { type: "text", text: "What is it?" },
      { type: "image", image: "data:image/png;base64,AA==" },
      { type: "file", file: "data:application/pdf;base64,AA==", mediaType: "application/pdf", name: "Счёт.pdf" },
    ],
  },
  {
    role: "assistant",
    content: [
      { type: "reasoning", text: "Let me see.", providerData: { signature: "abc", nested: [1, null, true] } },
      { type: "text", text: "I will look." },
      { type: "tool-call", toolCallId: "1", toolName: "look", input: { deep: { list: [1, 2.5, -0.1, 1e21, ""] } } },
      { type: "tool-call", toolCallId: "2", toolName: "look", input: "{broken", invalid: true },
    ],
    finishReason: "tool-calls",
    usage: { inputTokens: 1, outputTokens: 2, totalTokens: 3, reasoningTokens: 1, estimated: true },
    createdAt,
  },
  { role: "tool", toolCallId: "1", toolName: "look", output: "A cat.", createdAt },
  { role: "tool", toolCallId: "2", toolName: "look", output: "No JSON.", isError: true },
  { role: "assistant", content: [{ type: "text", text: "A c" }], finishReason: "aborted" },
  { role: "assistant", content: [] },
];
