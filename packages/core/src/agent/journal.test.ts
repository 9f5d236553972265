// The loop with a journal: what it asks of one, and when, whatever keeps it.
import { describe, expect, it } from "vitest";
import type { Message } from "../message.ts";
import type { CallOutcome, Journal, JournalledCall } from "../ports/journal.ts";
import type { LanguageModel, ModelEvent } from "../ports/language-model.ts";
import type { Memory } from "../ports/memory.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { type Tool, tool } from "../tool/tool.ts";
import { Agent, type AgentOptions } from "./agent.ts";
import { ProcessStore } from "./approvals.ts";

/** What outlives the attempts at a run, as text; and what was done, in order. */
class Paper {
  readonly entries = new Map<string, string>();
  readonly log: string[] = [];
  /** The write of this entry that fails, once: the first or the second. */
  broken: { key: string; nth: number } | undefined;
  /** Before the note that a call is begun. */
  beforeBegin: () => Promise<void> = async () => {};

  read<Value>(key: string): Value | undefined {
    const text = this.entries.get(key);
    return text === undefined ? undefined : (JSON.parse(text) as Value);
  }

  write(key: string, value: unknown): void {
    if (key === this.broken?.key && --this.broken.nth === 0) throw new Error("The paper is torn.");
    this.log.push(key);
    this.entries.set(key, JSON.stringify(value));
  }
}

class PaperJournal implements Journal {
  readonly store = new ProcessStore();
  readonly runId: string;
  readonly #paper: Paper;

  constructor(paper: Paper, runId = "run") {
    this.#paper = paper;
    this.runId = runId;
  }

  model(model: LanguageModel, step: number): LanguageModel {
    const key = `${this.runId}/reply/${step}`;
    return { ...model, stream: (...asked) => this.#reply(key, () => model.stream(...asked)) };
  }

  async *#reply(key: string, ask: () => AsyncIterable<ModelEvent[]>): AsyncGenerator<ModelEvent[]> {
    const known = this.#paper.read<ModelEvent[]>(key);
    if (known) return yield known;
    const events: ModelEvent[] = [];
    for await (const some of ask()) events.push(...some);
    this.#paper.write(key, events);
    yield events;
  }

  async outcome(call: JournalledCall): Promise<CallOutcome | undefined> {
    const known = this.#paper.read<CallOutcome | "begun">(this.#keyOf(call));
    if (known !== "begun") return known;
    return call.replay === "never" ? { error: "Nobody knows." } : undefined;
  }

  async begin(call: JournalledCall): Promise<void> {
    await this.#paper.beforeBegin();
    this.#paper.write(this.#keyOf(call), "begun");
  }

  async end(call: JournalledCall, outcome: CallOutcome): Promise<void> {
    this.#paper.write(this.#keyOf(call), outcome);
  }

  async load(stored: readonly Message[]): Promise<Message[]> {
    return this.#paper.entries.size > 0 ? [] : [...stored];
  }

  async keep(key: string, _message: Message, append: () => Promise<void>): Promise<void> {
    const entry = `${this.runId}/kept/${key}`;
    if (this.#paper.entries.has(entry)) return;
    this.#paper.write(entry, true);
    await append();
  }

  below(call: JournalledCall, key: string): Journal {
    return new PaperJournal(this.#paper, `${this.#keyOf(call)}/${key}`);
  }

  #keyOf({ step, callId }: JournalledCall): string {
    return `${this.runId}/call/${step}/${callId}`;
  }
}

const usage = { inputTokens: 10, outputTokens: 1, totalTokens: 11 };
const calls = (...toolCalls: NonNullable<ScriptedReply["toolCalls"]>): ScriptedReply => ({ toolCalls, usage });
const nobody = () => scriptedModel([]);

function payTool(execute: (input: Record<string, unknown>) => unknown, timeout?: number): Tool {
  return tool({
    name: "pay",
    description: "Pays.",
    inputSchema: { type: "object", properties: { to: { type: "string" } } },
    replay: "never",
    execute,
    ...(timeout !== undefined && { timeout }),
  }) as Tool;
}

function attempt(paper: Paper, options: AgentOptions, more: { threadId?: string; signal?: AbortSignal } = {}) {
  return new Agent(options).generate("Go", { ...more, journal: new PaperJournal(paper) });
}

const withoutTimes = (messages: readonly Message[]) => messages.map(({ createdAt: _, ...message }) => message);

describe("a run with a journal", () => {
  it("goes the same way again: no model is asked, no tool is run and nothing is stored twice", async () => {
    const paper = new Paper();
    const thread: Message[] = [];
    const memory: Memory = {
      load: async () => [...thread],
      append: async (_threadId, messages) => void thread.push(...structuredClone(messages)),
      threads: async () => [],
      delete: async () => {},
    };
    const paid: unknown[] = [];
    const pay = payTool(({ to }) => {
      paid.push(to);
      return new Date(0);
    });
    const replies = [calls({ toolName: "pay", input: { to: "Ann" }, toolCallId: "c1" }), { text: "Paid.", usage }];
    const first = await attempt(paper, { model: scriptedModel(replies), tools: [pay], memory }, { threadId: "t" });
    const second = await attempt(paper, { model: nobody(), tools: [pay], memory }, { threadId: "t" });
    expect(paid).toEqual(["Ann"]);
    expect(first.messages[2]).toMatchObject({ output: "1970-01-01T00:00:00.000Z" });
    expect(withoutTimes(second.messages)).toEqual(withoutTimes(first.messages));
    expect([second.text, second.usage, second.runId]).toEqual(["Paid.", first.usage, "run"]);
    expect(withoutTimes(thread)).toEqual(withoutTimes(first.messages));
  });

  it("notes a call before its tool is run, and what came of it afterwards", async () => {
    const paper = new Paper();
    const pay = payTool(() => void paper.log.push("the tool runs"));
    const replies = [calls({ toolName: "pay", input: {}, toolCallId: "c1" }), { text: "Paid." }];
    await attempt(paper, { model: scriptedModel(replies), tools: [pay] });
    expect(paper.log).toEqual(["run/reply/1", "run/call/1/c1", "the tool runs", "run/call/1/c1", "run/reply/2"]);
  });

  it("tells the model what the journal says of a call that was begun, and does not run its tool", async () => {
    const paper = new Paper();
    paper.write("run/call/1/c1", "begun");
    const replies = [calls({ toolName: "pay", input: {}, toolCallId: "c1" }), { text: "Well." }];
    const { messages } = await attempt(paper, {
      model: scriptedModel(replies),
      tools: [payTool(() => expect.unreachable())],
    });
    expect(messages[2]).toMatchObject({ role: "tool", output: "Nobody knows.", isError: true });
  });

  it("ends where the journal cannot be written", async () => {
    const paper = new Paper();
    paper.broken = { key: "run/call/1/c1", nth: 1 };
    const model = scriptedModel([calls({ toolName: "pay", input: {}, toolCallId: "c1" })]);
    const run = attempt(paper, { model, tools: [payTool(() => expect.unreachable())] });
    await expect(run).rejects.toThrow("The paper is torn.");
  });

  it.each(["its time is up", "the run is stopped"])(
    "never runs a tool where %s while the journal is being written",
    async (why) => {
      let payments = 0;
      const paper = new Paper();
      const stop = new AbortController();
      let write = () => {};
      paper.beforeBegin = () => {
        if (why === "the run is stopped") stop.abort(new Error("enough"));
        return new Promise((resolve) => {
          write = resolve;
        });
      };
      const model = scriptedModel([calls({ toolName: "pay", input: {}, toolCallId: "c1" }), { text: "Well." }]);
      const { finishReason } = await attempt(
        paper,
        { model, tools: [payTool(() => ++payments, 20)] },
        { signal: stop.signal },
      );
      expect(finishReason).toBe(why === "its time is up" ? "stop" : "aborted");
      write();
      await new Promise((resolve) => setImmediate(resolve));
      expect(paper.log).toContain("run/call/1/c1");
      expect(payments).toBe(0);
    },
  );

  it("keeps calls apart to which the model gave one id", async () => {
    const paper = new Paper();
    const paid: unknown[] = [];
    const pay = payTool(({ to }) => {
      paid.push(to);
      return `paid ${to}`;
    });
    const twice = calls(
      { toolName: "pay", input: { to: "Ann" }, toolCallId: "c" },
      { toolName: "pay", input: { to: "Bob" }, toolCallId: "c" },
    );
    const options = (model: LanguageModel) => ({ model, tools: [pay], toolConcurrency: 1 });
    paper.broken = { key: "run/call/1/c_2", nth: 1 };
    await expect(attempt(paper, options(scriptedModel([twice])))).rejects.toThrow("torn");
    const model = scriptedModel([{ text: "Both are paid." }]);
    await attempt(paper, options(model));
    expect(paid).toEqual(["Ann", "Bob"]);
    expect(model.requests[0]?.messages.slice(2)).toMatchObject([
      { toolCallId: "c", output: "paid Ann" },
      { toolCallId: "c_2", output: "paid Bob" },
    ]);
  });
});

describe("runs below a call of a run with a journal", () => {
  it("go on where they were, and count as they did", async () => {
    const paper = new Paper();
    const paid: unknown[] = [];
    const pay = payTool(() => void paid.push(1));
    const team = (model: LanguageModel, script: ScriptedReply[]) => {
      const helper = new Agent({ name: "helper", model: scriptedModel(script), tools: [pay] });
      return { model, tools: [helper.asTool()] };
    };
    const ask = calls({ toolName: "helper", input: { task: "Pay." }, toolCallId: "h" });
    const helped = [calls({ toolName: "pay", input: {}, toolCallId: "c1" }), { text: "Paid.", usage }];
    // Begun, and then what came of it is lost.
    paper.broken = { key: "run/call/1/h", nth: 2 };
    await expect(attempt(paper, team(scriptedModel([ask]), helped))).rejects.toThrow("torn");
    expect(paid).toHaveLength(1);
    const whole = await attempt(paper, team(scriptedModel([{ text: "Done.", usage }]), []));
    const again = await attempt(paper, team(nobody(), []));
    expect(paid).toHaveLength(1);
    expect([whole.text, again.text]).toEqual(["Done.", "Done."]);
    expect([whole.usage.totalTokens, again.usage.totalTokens]).toEqual([44, 44]);
  });

  it("have the answers to their own questions, in whatever order they are started", async () => {
    const paper = new Paper();
    const answers: unknown[] = [];
    const both = (order: string[], answering: LanguageModel) => {
      const helper = new Agent({ name: "helper", model: answering });
      return tool({
        name: "both",
        description: "Asks twice.",
        inputSchema: { type: "object", properties: {} },
        replay: "safe",
        execute: async (_input, parent) => {
          const runs = order.map(async (question) => [question, (await helper.generate(question, { parent })).text]);
          answers.push(Object.fromEntries(await Promise.all(runs)));
        },
      }) as Tool;
    };
    const echo = scriptedModel(({ messages }) => ({
      text: `to ${messages[0]?.role === "user" && messages[0].content}`,
    }));
    const ask = calls({ toolName: "both", input: {}, toolCallId: "b" });
    const model = scriptedModel([ask, { text: "Done." }]);
    await attempt(paper, { model, tools: [both(["x", "y"], echo)] });
    paper.write("run/call/1/b", "begun");
    await attempt(paper, { model: nobody(), tools: [both(["y", "x"], nobody())] });
    const own = { x: "to x", y: "to y" };
    expect(answers).toEqual([own, own]);
  });
});

it("an agent as a tool may be carried out again: its own tools mind that they may not", () => {
  expect(new Agent({ name: "helper", model: nobody() }).asTool().replay).toBe("safe");
});
