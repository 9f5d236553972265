import {
  Agent,
  type JournalledCall,
  type JsonValue,
  type Message,
  type ModelEvent,
  type ModelRequest,
  textOf,
} from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { describe, expect, it } from "vitest";
import { askNow, callsOf } from "./ask-model.ts";
import type { JournalPlace } from "./journal-place.ts";
import { called, LaterService, said } from "./later-service.fake.ts";
import { NotedReply } from "./note-reply.ts";
import { RunJournal, type RunJournalOptions } from "./run-journal.ts";

/** Entries that outlive attempts, and how many writes there were. */
class Paper {
  readonly entries = new Map<string, JsonValue>();
  writes = 0;
  failure: Error | undefined;

  attempt(options: Partial<RunJournalOptions> = {}): RunJournal {
    const place: JournalPlace = {
      entries: new Map(this.entries),
      write: async (entries) => {
        if (this.failure) throw this.failure;
        this.writes++;
        for (const [key, value] of entries) this.entries.set(key, JSON.parse(JSON.stringify(value)) as JsonValue);
      },
    };
    return new RunJournal({ runId: "r", place, ask: askNow, ...options });
  }
}

const request: ModelRequest = {
  instructions: "",
  messages: [],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
};

const call: JournalledCall = { step: 1, callId: "c1", toolName: "pay", replay: "never" };

async function read(reply: AsyncIterable<ModelEvent[]>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  for await (const some of reply) events.push(...some);
  return events;
}

describe("the journal of a run", () => {
  it("asks a model once for each step, and keeps a reply only when it is whole", async () => {
    const paper = new Paper();
    const model = scriptedModel([
      { text: "Half", error: new Error("cut") },
      { reasoning: ["I ", "think"], text: ["He", "llo"] },
      { text: "Next." },
    ]);
    await expect(read(paper.attempt().model(model, 1).stream(request))).rejects.toThrow("cut");
    const first = await read(paper.attempt().model(model, 1).stream(request));
    const again = await read(paper.attempt().model(model, 1).stream(request));
    expect(again).toEqual([
      { type: "reasoning-delta", text: "I think" },
      { type: "text-delta", text: "Hello" },
      { type: "finish", finishReason: "stop" },
    ]);
    expect(first).toHaveLength(5);
    await read(paper.attempt().model(model, 2).stream(request));
    expect(model.requests).toHaveLength(3);
  });

  it("knows of a call before it is carried out, and what came of it afterwards", async () => {
    const paper = new Paper();
    const first = paper.attempt();
    expect(await first.outcome(call)).toBeUndefined();
    await first.begin(call);
    const second = paper.attempt();
    expect(await second.outcome(call)).toMatchObject({ error: expect.stringContaining("unknown") });
    expect(await second.outcome({ ...call, replay: "safe" })).toBeUndefined();
    await second.end(call, { output: { paid: 7 } });
    expect(await paper.attempt().outcome(call)).toEqual({ output: { paid: 7 } });
  });

  it("keeps the journals of runs below apart, by call and by key, in whatever order they are asked for", async () => {
    const paper = new Paper();
    const model = scriptedModel([{ text: "first" }, { text: "second" }, { text: "of another call" }]);
    const other = { ...call, callId: "c/2" };
    const ask = async (journal: RunJournal, order = [0, 1, 2]) => {
      const starts = [() => journal.below(call, "a"), () => journal.below(call, "b"), () => journal.below(other, "a")];
      const below = order.map((at) => starts[at]?.() as RunJournal);
      const texts: string[] = [];
      for (const each of below) {
        const [event] = await read(each.model(model, 1).stream(request));
        texts.push(event?.type === "text-delta" ? `${each.runId} ${event.text}` : "");
      }
      return texts;
    };
    const texts = await ask(paper.attempt());
    expect(texts).toEqual(["r/c1/a first", "r/c1/b second", "r/c/2/a of another call"]);
    expect(await ask(paper.attempt(), [2, 1, 0])).toEqual(texts.reverse());
    expect(model.requests).toHaveLength(3);
  });

  it("begins nothing when the worker closes, and keeps nothing once the attempt is given up", async () => {
    const closing = new AbortController();
    const left = new AbortController();
    const journal = new Paper().attempt({ closing: closing.signal, left: left.signal });
    await journal.begin(call);
    closing.abort(new Error("closing"));
    await journal.end(call, { output: "done" });
    expect(() => journal.model(scriptedModel([]), 1).stream(request)).toThrow("closing");
    await expect(journal.begin({ ...call, callId: "c2" })).rejects.toThrow("closing");
    left.abort(new Error("given up"));
    const say = () => journal.keep("user/0", { role: "user", content: "Hi" }, async () => {});
    await expect(say()).rejects.toThrow("given up");
    await expect(journal.end(call, { output: "done" })).rejects.toThrow("given up");
  });

  it("ends the run when it cannot be written", async () => {
    const paper = new Paper();
    const journal = paper.attempt();
    paper.failure = new Error("The disk is full.");
    await read(journal.model(scriptedModel([{ text: "Hi" }]), 1).stream(request));
    await expect(journal.outcome(call)).rejects.toThrow("The disk is full.");
  });

  it("stores the beginning of a reply only where no other attempt will have the whole of it", async () => {
    const paper = new Paper();
    const thread: Message[] = [];
    const half: Message = { role: "assistant", content: [{ type: "text", text: "Ha" }], finishReason: "error" };
    const whole: Message = { role: "assistant", content: [{ type: "text", text: "Half" }], finishReason: "stop" };
    const keep = (journal: RunJournal, message: Message) =>
      journal.keep("assistant/0", { ...message }, async () => void thread.push(message));
    await keep(paper.attempt(), half);
    await keep(paper.attempt(), whole);
    expect(thread).toEqual([whole]);
    const last = new Paper().attempt();
    await keep(last, half);
    await last.keepCut();
    await last.keepCut();
    expect(thread).toEqual([whole, half]);
  });

  it("lets a leg read what earlier legs have left, and never what it wrote itself", async () => {
    const paper = new Paper();
    const store = (leg: number) => paper.attempt({ leg }).store;
    await store(0).set("approvals/r", "from leg 0");
    expect(await store(0).get("approvals/r")).toBeUndefined();
    expect(await store(1).take("approvals/r")).toBe("from leg 0");
    expect(await store(1).take("approvals/r")).toBe("from leg 0");
    await store(1).set("approvals/r", "from leg 1");
    await store(1).delete("approvals/below");
    expect(await store(1).get("approvals/r")).toBe("from leg 0");
    expect(await store(2).entries("approvals/")).toEqual([["approvals/r", "from leg 1"]]);
  });

  it("has each message of a steered run in its thread once, though nobody steers the second attempt", async () => {
    const paper = new Paper();
    const thread: Message[] = [];
    const memory = {
      load: async () => structuredClone(thread),
      append: async (_threadId: string, messages: readonly Message[]) => void thread.push(...structuredClone(messages)),
      threads: async () => [],
      delete: async () => {},
    };
    const agentOf = (model: ReturnType<typeof scriptedModel>) => new Agent({ name: "a", model, memory });
    const cut = agentOf(scriptedModel([{ text: "One." }, { error: new Error("cut") }]));
    const run = cut.stream("Go.", { threadId: "t", journal: paper.attempt() });
    run.steer("And another.");
    await run.result.catch(() => {});
    const model = scriptedModel(() => ({ text: "Two." }));
    await agentOf(model).generate("Go.", { threadId: "t", journal: paper.attempt() });
    const said = thread.map((message) => `${message.role} ${textOf(message)}`);
    expect(new Set(said).size).toBe(said.length);
    expect(said).toContain("user And another.");
  });
});

describe("how a model is asked", () => {
  it("is by operations where its service has them, unless somebody says otherwise", () => {
    const later = new LaterService(() => said("Hi")).model;
    expect([callsOf(later, undefined), callsOf(later, "sync")]).toEqual(["async", "sync"]);
    expect(callsOf(scriptedModel([]), undefined)).toBe("sync");
    expect(() => callsOf(scriptedModel([]), "async")).toThrow("scripted:scripted has no operations.");
    expect(() => callsOf(later, "batch")).toThrow("later:later takes no batches.");
  });
});

describe("a reply that is noted", () => {
  it("is kept without how its calls were being written, and its source is left with the reader", async () => {
    const kept: ModelEvent[][] = [];
    let isLeft = false;
    const source = async function* (): AsyncGenerator<ModelEvent[]> {
      try {
        yield [{ type: "tool-input-start", toolCallId: "c1", toolName: "look" }];
        yield [{ type: "tool-input-delta", toolCallId: "c1", delta: "{}" }];
        yield called("look", "c1");
      } finally {
        isLeft = true;
      }
    };
    await read(new NotedReply(source(), (events) => kept.push(events)));
    expect(kept).toEqual([called("look", "c1")]);
    isLeft = false;
    for await (const _ of new NotedReply(source(), (events) => kept.push(events))) break;
    expect({ isLeft, kept: kept.length }).toEqual({ isLeft: true, kept: 1 });
  });
});
