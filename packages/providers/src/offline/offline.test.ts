import { type Message, type ModelEvent, type ModelRequest, thinkClose, thinkOpen } from "@beseda/core";
import { modelProtocolCases } from "@beseda/core/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { everydayTools } from "./corpus/everyday-tools.fake.ts";
import { today } from "./corpus/utterance.fake.ts";
import { offline } from "./offline.ts";

const model = offline({ now: () => today });

describe("the offline model obeys the protocol of a model", () => {
  for (const { name, run } of modelProtocolCases(() => offline())) it(name, run);
});

describe("the events of the offline model", () => {
  it("stream the answer word by word, and give the same text in one piece", async () => {
    const streamed = await batches(asked("Hello!"));
    const whole = await batches(asked("Hello!"), { streamed: false });
    expect(streamed.length).toBeGreaterThan(5);
    expect(whole).toHaveLength(1);
    expect(whole.flat()).toEqual(streamed.flat());
  });

  it("are the same for the same request", async () => {
    const request = asked("What is 2+2 and what is the weather in Paris tomorrow?");
    expect(await events(request)).toEqual(await events(request));
  });

  it("give the reasons: the tools that were compared, and the words that became arguments", async () => {
    const heard = await events(asked("What is the weather in Paris?"));
    const reasons = textOf(heard, "reasoning-delta");
    expect(reasons).toContain("Compared 20 tools");
    expect(reasons).toMatch(/get_weather \d\.\d, by “weather”/);
    expect(reasons).toContain('city = "Paris", from “Paris”');
  });

  it("hold no reasons when reasoning is off", async () => {
    const heard = await events({ ...asked("What is the weather in Paris?"), reasoning: "off" });
    expect(heard.filter(({ type }) => type === "reasoning-delta")).toEqual([]);
  });

  it("put the reasons between the tags where the instructions ask for that", async () => {
    const instructions = `Think between ${thinkOpen} and ${thinkClose}.`;
    const heard = await events({ ...asked("What is the weather in Paris?"), instructions, reasoning: "off" });
    expect(textOf(heard, "text-delta")).toMatch(/^<think>Compared 20 tools[^<]*<\/think>\n\n$/);
    const answer = textOf(await events({ ...asked("Hello!"), instructions, reasoning: "off" }), "text-delta");
    expect(answer).toMatch(/^<think>[^<]+<\/think>\n\nHello!/);
  });

  it("show a call while it is written, and end with the reason that it is a call", async () => {
    const heard = await events({ ...asked("2+2"), reasoning: "off" });
    const input = '{"expression":"2 + 2"}';
    const pieces = heard.filter((event) => event.type === "tool-input-delta");
    expect(pieces.map(({ delta }) => delta).join("")).toBe(input);
    expect(heard.filter((event) => event.type !== "tool-input-delta")).toMatchObject([
      { type: "tool-input-start", toolCallId: "offline-1", toolName: "evaluate" },
      { type: "tool-call", toolCallId: "offline-1", toolName: "evaluate", input },
      { type: "finish", finishReason: "tool-calls", usage: { estimated: true } },
    ]);
  });

  it("give each call an id that no other call of the thread has", async () => {
    const messages: Message[] = [
      { role: "user", content: "1+1" },
      call("offline-7", "evaluate", { expression: "1 + 1" }),
      { role: "tool", toolCallId: "offline-7", toolName: "evaluate", output: "2" },
      { role: "assistant", content: [{ type: "text", text: "2" }] },
      { role: "user", content: "the weather in Paris and London" },
    ];
    expect(idsOf(await events({ ...asked(""), messages }))).toEqual(["offline-8", "offline-9"]);
  });

  it("count the tokens of all that was read and said", async () => {
    const short = usageOf(await events(asked("Hello!")));
    const long = usageOf(await events({ ...asked("Hello!"), instructions: "Be kind. ".repeat(100) }));
    expect(short.outputTokens).toBeGreaterThan(5);
    expect(long.inputTokens).toBeGreaterThan(short.inputTokens + 200);
    expect(short.totalTokens).toBe(short.inputTokens + short.outputTokens);
  });
});

describe("with a delay, the offline model", () => {
  afterEach(() => void vi.useRealTimers());

  it("waits before each piece", async () => {
    vi.useFakeTimers();
    const iterator = offline({ delayMs: 50 }).stream(asked("Hello!"))[Symbol.asyncIterator]();
    const next = vi.fn();
    void iterator.next().then(next);
    await vi.advanceTimersByTimeAsync(49);
    expect(next).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(next).toHaveBeenCalledOnce();
  });

  it("stops at once when the signal says so", async () => {
    const stop = new AbortController();
    const reason = new Error("enough");
    const iterator = offline({ delayMs: 1_000_000 })
      .stream(asked("Hello!"), { signal: stop.signal })
      [Symbol.asyncIterator]();
    const next = iterator.next();
    stop.abort(reason);
    await expect(next).rejects.toBe(reason);
  });
});

describe("the tool choice", () => {
  it("none: nothing is called, however clear the request", async () => {
    const heard = await events({ ...asked("What is the weather in Paris?"), toolChoice: "none" });
    expect(idsOf(heard)).toEqual([]);
    expect(textOf(heard, "text-delta")).not.toBe("");
  });

  it("a tool by name: that one is called, though another fits better", async () => {
    const heard = await events({
      ...asked("What is the weather in Paris?"),
      toolChoice: { toolName: "search_products" },
    });
    expect(namesOf(heard)).toEqual(["search_products"]);
  });

  it("required: something is called even for small talk, with input that has every required argument", async () => {
    const heard = await events({ ...asked("Hello!"), toolChoice: "required" });
    const [called] = heard.filter((event) => event.type === "tool-call");
    const tool = everydayTools.find(({ name }) => name === called?.toolName);
    expect(Object.keys(JSON.parse(called?.input ?? ""))).toEqual(
      expect.arrayContaining(tool?.inputSchema.required as string[]),
    );
  });
});

describe("the persona", () => {
  it.each([
    ["You are Masha, a kind assistant.", "Who are you?", "I am Masha"],
    ["Ты — Маша, добрая помощница.", "Кто ты?", "Я Маша"],
    ["You are a helpful assistant.", "Who are you?", "I am the offline model"],
  ])("of the instructions is kept: %s", async (instructions, question, start) => {
    const answer = textOf(await events({ ...asked(question), instructions }), "text-delta");
    expect(answer).toContain(start);
    expect(answer).toContain("OPENAI_API_KEY");
  });
});

function asked(text: string): ModelRequest {
  return {
    instructions: "",
    messages: [{ role: "user", content: text }],
    tools: everydayTools,
    toolChoice: "auto",
    reasoning: "native",
    settings: {},
  };
}

function call(toolCallId: string, toolName: string, input: unknown): Message {
  return { role: "assistant", content: [{ type: "tool-call", toolCallId, toolName, input }] };
}

async function batches(request: ModelRequest, options = {}): Promise<ModelEvent[][]> {
  const all: ModelEvent[][] = [];
  for await (const heard of model.stream(request, options)) all.push(heard);
  return all;
}

async function events(request: ModelRequest): Promise<ModelEvent[]> {
  return (await batches(request)).flat();
}

function textOf(heard: readonly ModelEvent[], type: "text-delta" | "reasoning-delta"): string {
  return heard.map((event) => (event.type === type ? event.text : "")).join("");
}

function idsOf(heard: readonly ModelEvent[]): string[] {
  return heard.flatMap((event) => (event.type === "tool-call" ? [event.toolCallId] : []));
}

function namesOf(heard: readonly ModelEvent[]): string[] {
  return heard.flatMap((event) => (event.type === "tool-call" ? [event.toolName] : []));
}

function usageOf(heard: readonly ModelEvent[]) {
  const finish = heard.at(-1);
  if (finish?.type !== "finish" || !finish.usage) throw new Error("no usage");
  return finish.usage;
}
