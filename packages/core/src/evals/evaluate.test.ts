import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { Agent } from "../agent/agent.ts";
import { textOf } from "../message.ts";
import { recorded } from "../models/recorded.ts";
import type { LanguageModel } from "../ports/language-model.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import type { EvalCase, Scorer } from "./eval-case.ts";
import { evaluate } from "./evaluate.ts";
import { judge } from "./judge.ts";
import { exact, toolCall } from "./scorers.ts";

const usage = { inputTokens: 10, outputTokens: 2, totalTokens: 12 };
const look = tool({
  name: "look",
  description: "Looks",
  inputSchema: z.object({ at: z.string() }),
  execute: ({ at }) => `saw ${at}`,
});

/** Answers each question as it is told, whatever the order in which they come. */
function answering(answers: Record<string, string | ScriptedReply>): Agent {
  const model = scriptedModel(({ messages }) => {
    const [asked] = messages;
    const answer = answers[asked ? textOf(asked) : ""] ?? "I do not know";
    if (messages.at(-1)?.role === "tool") return { text: "There is a hill", usage };
    return typeof answer === "string" ? { text: answer, usage } : { usage, ...answer };
  });
  return new Agent({ name: "guide", model, tools: [look] });
}

describe("evaluate", () => {
  it("reports, for each case, the answer, the calls, the usage and every score, and the means of all", async () => {
    const agent = answering({
      "2 + 2": "4",
      "2 + 3": "6",
      "What is north?": { toolCalls: [{ toolName: "look", input: { at: "north" } }] },
    });
    const cases: EvalCase<string>[] = [
      { input: "2 + 2", expected: "4", toolCalls: [] },
      { name: "a harder one", input: "2 + 3", expected: "5" },
      { input: "What is north?", toolCalls: [{ toolName: "look" }] },
    ];
    const { timing, ...report } = await evaluate(agent, cases, [exact(), toolCall()]);
    expect(report).toEqual({
      format: 1,
      agent: "guide",
      scorers: ["exact", "toolCall"],
      threshold: 1,
      trials: 1,
      passed: false,
      totals: {
        results: 3,
        passed: 2,
        means: { exact: 0.5, toolCall: 1 },
        usage: { inputTokens: 40, outputTokens: 8, totalTokens: 48 },
      },
      results: [
        {
          name: "2 + 2",
          trial: 1,
          input: "2 + 2",
          expected: "4",
          answer: "4",
          finishReason: "stop",
          steps: 1,
          toolCalls: [],
          usage,
          scores: { exact: { score: 1 }, toolCall: { score: 1 } },
          passed: true,
        },
        {
          name: "a harder one",
          trial: 1,
          input: "2 + 3",
          expected: "5",
          answer: "6",
          finishReason: "stop",
          steps: 1,
          toolCalls: [],
          usage,
          scores: { exact: { score: 0, reason: 'The answer is not "5"' } },
          passed: false,
        },
        {
          name: "What is north?",
          trial: 1,
          input: "What is north?",
          answer: "There is a hill",
          finishReason: "stop",
          steps: 2,
          toolCalls: [{ toolName: "look", input: { at: "north" }, output: "saw north" }],
          usage: { inputTokens: 20, outputTokens: 4, totalTokens: 24 },
          scores: { toolCall: { score: 1 } },
          passed: true,
        },
      ],
    });
    expect(timing).toEqual({ totalMs: expect.any(Number), runMs: Array(3).fill(expect.any(Number)) });
  });

  it("gives a report that JSON keeps, and the same one for the same replies, but for the times", async () => {
    const agent = answering({ a: "1", b: "2", c: { error: new Error("no") } });
    const cases = [{ input: "a", expected: { big: 1n } }, { input: "b" }, { input: "c" }];
    const said: Scorer = ({ answer }) => answer.length / 13;
    const once = async (concurrency: number) => {
      const { timing, ...report } = await evaluate(agent, cases, [said], { trials: 2, concurrency });
      return report;
    };
    const first = await once(1);
    expect(JSON.parse(JSON.stringify(first))).toEqual(first);
    expect(JSON.stringify(await once(5))).toBe(JSON.stringify(first));
  });

  it("can be repeated without the models: with recorded replies of the agent and of the judge", async () => {
    const folder = await mkdtemp(join(tmpdir(), "beseda-evals-"));
    const once = async (mode: "record" | "replay", model: LanguageModel, critic: LanguageModel) => {
      const agent = new Agent({ model: recorded(model, join(folder, "agent.jsonl"), { mode }), tools: [look] });
      const polite = judge({ model: recorded(critic, join(folder, "judge.jsonl"), { mode }), criteria: "Polite" });
      const cases = ["a", "b", "c", "d"].map((input) => ({ input, toolCalls: [{ toolName: "look" }] }));
      const { timing, ...report } = await evaluate(agent, cases, [toolCall(), polite], { trials: 2 });
      return JSON.stringify(report);
    };
    const answers = scriptedModel(({ messages }, call) =>
      messages.at(-1)?.role === "tool"
        ? { text: `Answer ${call}`, usage }
        : { toolCalls: [{ toolName: "look", input: { at: `${call}` } }], usage },
    );
    const verdicts = scriptedModel((_, call) => ({
      toolCalls: [{ toolName: "verdict", input: { score: call / 10, reason: `Number ${call}` } }],
    }));
    const gone = scriptedModel([]);
    const first = await once("record", answers, verdicts);
    expect(await once("replay", gone, gone)).toBe(first);
    await rm(folder, { recursive: true });
  });

  it("scores a run that fails with 0, says why, and goes on with the others", async () => {
    const agent = answering({ bad: { text: "I", error: new Error("the server is gone") }, good: "yes" });
    const cases = [{ input: "bad" }, { input: "" }, { input: "good", expected: "yes" }];
    const report = await evaluate(agent, cases, [exact()]);
    expect(report.results).toMatchObject([
      {
        answer: "I",
        scores: { exact: { score: 0 } },
        passed: false,
        error: { code: "internal", message: "the server is gone" },
      },
      { answer: "", steps: 0, passed: false, error: { code: "invalid-argument" } },
      { answer: "yes", passed: true },
    ]);
    expect(report.totals.means.exact).toBeCloseTo(1 / 3);
  });

  it("takes any function as a scorer, by its name, and a scorer that fails or gives no score from 0 to 1 for 0", async () => {
    const short: Scorer = ({ answer }) => answer.length < 5;
    const broken: Scorer = () => {
      throw new Error("I broke");
    };
    const report = await evaluate(answering({}), [{ input: "a" }], [short, broken, () => 7, () => Number.NaN, () => 1]);
    expect(report.results[0]?.scores).toEqual({
      short: { score: 0 },
      broken: { score: 0, reason: "The scorer failed: I broke" },
      scorer: { score: 0, reason: "The scorer gave 7; a score is a number from 0 to 1." },
      "scorer 2": { score: 0, reason: "The scorer gave NaN; a score is a number from 0 to 1." },
      "scorer 3": { score: 1 },
    });
  });

  it("gives scorers the type of what is expected", async () => {
    const near: Scorer<{ kilometres: number }> = ({ answer, expected }) => Number(answer) === expected?.kilometres;
    const cases = [{ input: "How far?", expected: { kilometres: 12 } }];
    const report = await evaluate(answering({ "How far?": "12" }), cases, [
      near,
      ({ expected }) => expected?.kilometres === 12,
    ]);
    expect(report.passed).toBe(true);
  });

  it("passes what reaches the threshold with every score, and nothing that no scorer has a word on", async () => {
    const half: Scorer = () => 0.5;
    const agent = answering({});
    expect((await evaluate(agent, [{ input: "a" }], [half], { threshold: 0.5 })).passed).toBe(true);
    expect((await evaluate(agent, [{ input: "a" }], [half, () => 0.4], { threshold: 0.5 })).passed).toBe(false);
    expect((await evaluate(agent, [{ input: "a" }], [exact()])).results[0]).toMatchObject({
      scores: {},
      passed: false,
    });
  });

  it("runs a case as often as trials says, one after the other", async () => {
    const model = scriptedModel([{ text: "yes" }, { text: "no" }, { text: "yes" }]);
    const agent = new Agent({ model });
    const report = await evaluate(agent, [{ input: "Well?", expected: "yes" }], [exact()], { trials: 3 });
    model.done();
    expect(report.results.map(({ trial, answer, passed }) => [trial, answer, passed])).toEqual([
      [1, "yes", true],
      [2, "no", false],
      [3, "yes", true],
    ]);
    expect(report.totals).toMatchObject({ results: 3, passed: 2, means: { exact: 2 / 3 } });
  });

  it("runs as many cases at once as it is told, and keeps their order", async () => {
    let running = 0;
    let most = 0;
    const agent = {
      name: "slow",
      async generate(input: EvalCase["input"]) {
        most = Math.max(most, ++running);
        // The first ones take the longest.
        for (let turn = 0; turn < 10 - Number(input); turn++) await Promise.resolve();
        running--;
        return new Agent({ model: scriptedModel([{ text: `${input}` }]) }).generate("x");
      },
    };
    const cases = Array.from({ length: 9 }, (_, index) => ({ input: `${index}` }));
    const report = await evaluate(agent, cases, [() => 1], { concurrency: 3 });
    expect(most).toBe(3);
    expect(report.results.map(({ answer }) => answer)).toEqual(cases.map(({ input }) => input));
  });

  it("stops with its signal, and starts nothing after that", async () => {
    const stop = new AbortController();
    const asked = vi.fn();
    const agent = new Agent({
      model: scriptedModel(() => {
        asked();
        stop.abort(new Error("enough"));
        return { hangs: true };
      }),
    });
    const cases = [{ input: "a" }, { input: "b" }, { input: "c" }];
    const evaluation = evaluate(agent, cases, [exact()], { concurrency: 1, trials: 2, signal: stop.signal });
    await expect(evaluation).rejects.toThrow("enough");
    expect(asked).toHaveBeenCalledOnce();
  });

  it("hands a case's options to its run", async () => {
    const options = { userId: "ann", threadId: "t", context: { shop: 7 } };
    const generate = vi.fn(new Agent({ model: scriptedModel([{ text: "Hi" }]) }).generate);
    await evaluate({ name: "a", generate }, [{ input: "Hello", options }], [() => 1]);
    expect(generate).toHaveBeenCalledWith("Hello", { ...options, signal: undefined });
  });

  it("says what is missing where there is nothing to run", async () => {
    const agent = answering({});
    const wanted = { code: "invalid-argument" };
    await expect(evaluate(agent, [], [exact()])).rejects.toMatchObject(wanted);
    await expect(evaluate(agent, [{ input: "a" }], [])).rejects.toMatchObject(wanted);
    await expect(evaluate(agent, [{ input: "a" }], [exact()], { trials: 0 })).rejects.toMatchObject(wanted);
    await expect(evaluate(agent, [{ input: "a" }], [exact()], { concurrency: 0 })).rejects.toMatchObject(wanted);
  });
});
