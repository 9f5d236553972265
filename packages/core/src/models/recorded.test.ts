import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { BesedaError } from "../errors.ts";
import type { LanguageModel, ModelEvent, ModelRequest } from "../ports/language-model.ts";
import { collect, question, textIn } from "../testing/ask-model.ts";
import { languageModelCases } from "../testing/language-model-cases.ts";
import { modelProtocolCases } from "../testing/model-protocol-cases.ts";
import { type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { type RecordedOptions, recorded } from "./recorded.ts";

let folder: string;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recorded-"));
});
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.useRealTimers();
});

const newFile = () => join(folder, "tapes", `${++files}.jsonl`);
const asking = (content: string): ModelRequest => ({ ...question(), messages: [{ role: "user", content }] });

/** What is given out without any model, having been recorded with one that says this. */
async function tapeOf(replies: readonly ScriptedReply[], request = question(), options?: RecordedOptions) {
  const file = newFile();
  const model = recorded(scriptedModel(replies), file, options);
  for (const _ of replies) await collect(model, request).catch(() => {});
  return { file, model: recorded(scriptedModel([]), file, { mode: "replay", ...options }) };
}

async function failureOf(model: LanguageModel, request = question()): Promise<BesedaError> {
  return collect(model, request).then(
    () => expect.unreachable(),
    (error) => error,
  );
}

describe("recorded() is a LanguageModel while it records:", () => {
  const answering = (replies: readonly ScriptedReply[]) => recorded(scriptedModel(replies), newFile());
  for (const { name, run } of languageModelCases({ answering })) it(name, run);
});

describe("recorded() is a LanguageModel while it replays:", () => {
  const open = async () => {
    const file = newFile();
    const hello = { text: ["Hello, ", "world"], usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 } };
    const model = recorded(
      scriptedModel(() => hello),
      file,
    );
    // each case, asked of the model itself, is what the replay will be asked
    for (const { run } of modelProtocolCases(() => model)) await run();
    return recorded(scriptedModel([]), file, { mode: "replay" });
  };
  for (const { name, run } of modelProtocolCases(open)) it(name, run);
});

describe("recorded()", () => {
  it("asks once and gives out the same events ever after, as they were cut", async () => {
    const file = newFile();
    const model = scriptedModel([
      {
        reasoning: "Hm",
        text: ["It ", "is"],
        toolCalls: [{ toolName: "lookup", input: { query: "x" } }],
        usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
      },
    ]);
    const arrays: ModelEvent[][] = [];
    for await (const events of recorded(model, file).stream(question())) arrays.push(events);
    model.done();
    for (const _ of [1, 2]) {
      const again: ModelEvent[][] = [];
      const replay = recorded(scriptedModel([]), file, { mode: "replay" });
      for await (const events of replay.stream(question())) again.push(events);
      expect(again).toEqual(arrays);
    }
  });

  it("has the reply on disk before anybody hears that it is over", async () => {
    const file = newFile();
    for await (const events of recorded(scriptedModel([{ text: "Hi" }]), file).stream(question())) {
      expect(existsSync(file)).toBe(events.at(-1)?.type === "finish");
    }
  });

  it("keeps the request readable, one line for each", async () => {
    const { file } = await tapeOf([{ text: "Hi" }, { text: "Hello" }]);
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[1] as string)).toMatchObject({
      request: { provider: "scripted", modelId: "scripted", streamed: true, messages: [{ content: "Hello!" }] },
      reply: { chunks: [{ at: expect.any(Number), events: [{ type: "text-delta", text: "Hi" }] }, {}] },
    });
  });

  it("answers the same question in the order of then, and not once more", async () => {
    const { model } = await tapeOf([{ text: "One" }, { text: "Two" }]);
    expect(textIn(await collect(model))).toBe("One");
    expect(textIn(await collect(model))).toBe("Two");
    expect((await failureOf(model)).message).toContain("it was recorded 2 times, and is asked once more");
  });

  it("is strict, and tells where a request differs from the nearest one", async () => {
    const file = newFile();
    const model = recorded(
      scriptedModel(() => ({ text: "Hi" })),
      file,
    );
    await collect(model, { ...asking("What is the capital of Peru?"), settings: { temperature: 1 } });
    await collect(model, asking("What is the capital of Chile, and how many people live there?"));
    const replay = recorded(scriptedModel([]), file, { mode: "replay" });
    const error = await failureOf(replay, asking("What is the capital of Chile, and how old is it?"));
    expect(error).toMatchObject({ code: "rejected", isRetryable: false, hint: expect.stringContaining("record anew") });
    expect(error.message).toContain(
      `${file} holds no reply for this request: the nearest recorded one (number 2 of 2)`,
    );
    expect(error.message).toContain(
      'differs first at messages[0].content: recorded …the capital of Chile, and how many people live there?", ' +
        'asked …the capital of Chile, and how old is it?".',
    );
    const whole = await collect(replay, asking("What is the capital of Peru?"), { streamed: false }).catch((e) => e);
    expect(whole.message).toContain("differs first at streamed: recorded true, asked false");
  });

  it("does not mind the order of fields, nor when a message was made and what it cost", async () => {
    const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
    const thread = (createdAt: string, inputTokens: number): ModelRequest => ({
      ...question(),
      messages: [
        { role: "user", content: "Hi", createdAt },
        { role: "assistant", content: [{ type: "text", text: "Hi" }], createdAt, usage: { ...usage, inputTokens } },
        { createdAt, content: "Bye", role: "user" },
      ],
    });
    const { model } = await tapeOf([{ text: "Bye" }], thread("2026-01-01T00:00:00Z", 1));
    const other = thread("2027-01-01T00:00:00Z", 2);
    const turned = Object.fromEntries(Object.entries(other).reverse()) as ModelRequest;
    expect(textIn(await collect(model, turned))).toBe("Bye");
  });

  it("compares what the user's own normalize leaves", async () => {
    const normalize = (request: ModelRequest) => ({
      ...request,
      instructions: request.instructions.replace(/\d{4}-\d\d-\d\d/, "<date>"),
    });
    const on = (date: string) => ({ ...question(), instructions: `Today is ${date}.` });
    const { model } = await tapeOf([{ text: "Hi" }], on("2026-11-22"), { normalize });
    expect(textIn(await collect(model, on("2026-11-23")))).toBe("Hi");
  });

  it("records errors too, after what had arrived", async () => {
    const ids = { requestId: "r-1", traceId: "t-1" };
    const details = { ...ids, isRetryable: true, retryAfterMs: 900, status: 503, hint: "Wait." } as const;
    const error = new BesedaError("overloaded", { code: "unavailable", ...details });
    const { model } = await tapeOf([{ text: "Half", error }, { error: new TypeError("defect") }]);
    const shown: string[] = [];
    const failure = (async () => {
      for await (const events of model.stream(question())) shown.push(textIn(events));
    })();
    await expect(failure).rejects.toBeInstanceOf(BesedaError);
    await expect(failure).rejects.toMatchObject({ message: "overloaded", code: "unavailable", ...details });
    expect(shown).toEqual(["Half"]);
    expect(await failureOf(model)).toMatchObject({ code: "internal", message: "defect" });
  });

  it("goes as far as the reader of then, who had left", async () => {
    const file = newFile();
    for await (const _ of recorded(scriptedModel([{ text: ["One", "Two"] }]), file).stream(question())) break;
    const replay = recorded(scriptedModel([]), file, { mode: "replay" });
    const shown: string[] = [];
    const failure = (async () => {
      for await (const events of replay.stream(question())) shown.push(textIn(events));
    })();
    await expect(failure).rejects.toThrow("its reader had left");
    expect(shown).toEqual(["One"]);
  });

  it("keeps replies in the order of their requests, and none that is still on its way", async () => {
    const file = newFile();
    const model = recorded(scriptedModel([{ text: "One", hangs: true }, { text: "Two" }]), file);
    const hanging = model.stream(asking("first"))[Symbol.asyncIterator]();
    await hanging.next();
    await collect(model, asking("second"));
    expect(readFileSync(file, "utf8")).not.toContain("first");
    await hanging.return?.();
    const [, first, second] = readFileSync(file, "utf8").split("\n");
    expect(first).toContain("first");
    expect(second).toContain("second");
  });

  it("takes a caller who stopped for a reader who left", async () => {
    const file = newFile();
    const stop = new AbortController();
    const model = recorded(scriptedModel([{ text: "One", hangs: true }]), file);
    await expect(
      (async () => {
        for await (const _ of model.stream(question(), { signal: stop.signal })) stop.abort(new Error("enough"));
      })(),
    ).rejects.toThrow("enough");
    const replay = recorded(scriptedModel([]), file, { mode: "replay" });
    await expect(collect(replay)).rejects.toThrow("its reader had left");
    const again = new AbortController();
    await expect(
      (async () => {
        const replay = recorded(scriptedModel([]), file, { mode: "replay" });
        for await (const _ of replay.stream(question(), { signal: again.signal })) again.abort(new Error("enough"));
      })(),
    ).rejects.toThrow("enough");
  });

  it("takes its time only where it is asked to", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
    const { file } = await tapeOf([{ text: "Hi" }]);
    writeFileSync(file, readFileSync(file, "utf8").replace(/"at":\d+/g, '"at":3000'));
    await collect(recorded(scriptedModel([]), file, { mode: "replay" }));
    const paced = recorded(scriptedModel([]), file, { mode: "replay", timing: "recorded" });
    let isOver = false;
    const replaying = collect(paced).then(() => {
      isOver = true;
    });
    while (vi.getTimerCount() === 0) await new Promise(setImmediate);
    await vi.advanceTimersByTimeAsync(2_999);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await replaying;
  });

  it("leaves no secret in the file, whatever it was in", async () => {
    const canary = "sk-canary0123456789ABCDEF";
    const error = new BesedaError(`Incorrect key ${canary}`, { code: "unauthorized", hint: `Not ${canary}.` });
    const { file, model } = await tapeOf(
      [
        {
          reasoning: ["The key is sk-cana", "ry0123456789ABCDEF."],
          text: [...`I keep ${canary} for you`],
          toolCalls: [{ toolName: "lookup", input: { query: canary } }],
          usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 },
        },
        { error },
      ],
      { ...asking(`My key is ${canary}.`), instructions: `Authorization: Bearer ${canary}` },
    );
    const content = readFileSync(file, "utf8");
    expect(content).not.toContain(canary);
    expect(content.match(/canary/g)).toBeNull();
    expect(content).toContain("My key is *************************.");
    // and it still is found, and says the rest
    const events = await collect(model, {
      ...asking(`My key is ${canary}.`),
      instructions: `Authorization: Bearer ${canary}`,
    });
    expect(textIn(events)).toBe(`I keep ${"*".repeat(canary.length)} for you`);
    expect((await failureOf(model, asking(`My key is ${canary}`))).message).not.toContain("canary");
  });

  it("finds a secret that is spelt out over the pieces of an input", async () => {
    const file = newFile();
    const spelling: LanguageModel = {
      provider: "p",
      modelId: "m",
      async *stream() {
        for (const delta of ['{"key":"sk-cana', 'ry0123456789ABCDEF"}']) {
          yield [{ type: "tool-input-delta", toolCallId: "1", delta }];
        }
        yield [{ type: "finish", finishReason: "stop" }];
      },
    };
    await collect(recorded(spelling, file));
    expect(readFileSync(file, "utf8")).not.toMatch(/cana|ry0123/);
  });

  it("records where there is no file and replays where there is one, or does as it is told", async () => {
    const file = newFile();
    expect(await failureOf(recorded(scriptedModel([]), file, { mode: "replay" }))).toMatchObject({
      code: "invalid-argument",
      message: expect.stringContaining("There is no recording"),
    });
    const first = recorded(scriptedModel([{ text: "One" }]), file);
    await collect(first);
    const other = join(folder, "copied.jsonl");
    await (await import("node:fs/promises")).copyFile(file, other);
    expect(textIn(await collect(recorded(scriptedModel([]), other)))).toBe("One");
    const anew = recorded(scriptedModel([{ text: "Two" }]), other, { mode: "record" });
    expect(textIn(await collect(anew))).toBe("Two");
    expect(readFileSync(other, "utf8")).not.toContain("One");
  });

  it("keeps its file apart from recordings of other kinds", async () => {
    const file = newFile();
    await collect(recorded(scriptedModel([{ text: "One" }]), file));
    const { openTape } = await import("../tape/tape.ts");
    await expect(openTape(file, "wire")).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(openTape(file, "wire", "replay")).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it("lets several models of one process record to one file, each reply whole", async () => {
    const file = newFile();
    const models = Array.from({ length: 20 }, (_, n) => recorded(scriptedModel([{ text: `Reply ${n}` }]), file));
    await Promise.all(models.map((model, n) => collect(model, asking(`Question ${n}`))));
    const replay = recorded(scriptedModel([]), file, { mode: "replay" });
    for (const n of models.keys()) expect(textIn(await collect(replay, asking(`Question ${n}`)))).toBe(`Reply ${n}`);
  });
});

it("a recorded model has neither operations nor batches, which would pass its file by", () => {
  const unasked = (): never => expect.unreachable();
  const batches = { start: unasked, poll: unasked, cancel: unasked, replies: unasked };
  const later = { ...scriptedModel([]), operations: { submit: unasked, poll: unasked, cancel: unasked }, batches };
  expect(recorded(later, newFile())).not.toHaveProperty("operations");
  expect(recorded(later, newFile())).not.toHaveProperty("batches");
});
