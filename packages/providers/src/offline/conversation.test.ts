import { Agent, type Message, type Tool, tool } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { today } from "./corpus/utterance.fake.ts";
import { decide } from "./decide.ts";
import { offline } from "./offline.ts";

const sums: Record<string, number> = { "6 * 7": 42, "42 * 2": 84, "84 / 4": 21, "2 + 2": 4, "42 + 10": 52 };

const tools = [
  tool({
    name: "skies",
    description: "Weather in a city",
    inputSchema: z.object({ city: z.string() }),
    execute: ({ city }) => ({ city, temperature: 18, sky: "clear" }),
  }),
  tool({
    name: "reckon",
    description: "Evaluates an arithmetic expression",
    inputSchema: z.object({ expression: z.string() }),
    execute: ({ expression }) => ({ expression, result: sums[expression] }),
  }),
  tool({
    name: "post_letter",
    description: "Sends an e-mail",
    inputSchema: z.object({ to: z.email(), body: z.string() }),
    execute: () => ({ ok: true }),
  }),
  tool({
    name: "wall_clock",
    description: "Current time in a time zone",
    inputSchema: z.object({ timeZone: z.string() }),
    execute: ({ timeZone }) => ({ timeZone, time: "12:30" }),
  }),
  tool({
    name: "parcel_status",
    description: "Where an order is",
    inputSchema: z.object({ orderNumber: z.string() }),
    execute: ({ orderNumber }) => {
      if (orderNumber !== "A-1") throw new Error(`There is no order ${orderNumber}.`);
      return { orderNumber, status: "on its way" };
    },
  }),
  tool({
    name: "money_changer",
    description: "Converts money between currencies",
    inputSchema: z.object({ amount: z.number(), from: z.string(), to: z.string() }),
    execute: ({ amount }) => amount * 2,
  }),
] as unknown as Tool[];

type Said = { calls: string[]; answer: string };

/** One conversation, message by message, through the agent's own loop. */
async function talk(...texts: string[]): Promise<Said[]> {
  const messages: Message[] = [];
  const said: Said[] = [];
  for (const text of texts) {
    messages.push({ role: "user", content: text });
    const run = new Agent({ model: offline({ now: () => today }), tools }).stream(messages);
    const calls: string[] = [];
    for await (const part of run.fullStream) {
      if (part.type === "tool-call") calls.push(`${part.toolName} ${Object.values(part.input as object).join(" ")}`);
    }
    const result = await run.result;
    messages.push(...result.messages);
    said.push({ calls, answer: result.text });
  }
  return said;
}

async function callsIn(...texts: string[]): Promise<string[][]> {
  return (await talk(...texts)).map(({ calls }) => calls);
}

describe("in a conversation the offline model", () => {
  it("takes what a short question leaves out from the last call", async () => {
    expect(await callsIn("What is the weather in Paris?", "And in London?", "what about Tokyo and Oslo?")).toEqual([
      ["skies Paris"],
      ["skies London"],
      ["skies Tokyo", "skies Oslo"],
    ]);
    expect(await callsIn("Какая погода в Москве?", "а в Питере?")).toEqual([["skies Москва"], ["skies Питер"]]);
    expect(await callsIn("100 dollars in euros", "and in rubles?", "а 250?")).toEqual([
      ["money_changer 100 USD EUR"],
      ["money_changer 100 USD RUB"],
      ["money_changer 250 USD RUB"],
    ]);
  });

  it('knows where "there" is', async () => {
    expect(await callsIn("Какая погода в Токио?", "а который там час?")).toEqual([
      ["skies Токио"],
      ["wall_clock Asia/Tokyo"],
    ]);
  });

  it("takes the next message as the answer to its question, one argument after another", async () => {
    const said = await talk("send an email", "to bob@example.com", "See you at noon");
    expect(said[0]?.answer).toContain("to, body");
    expect(said[1]?.answer).toContain("one more thing: body");
    expect(said[2]?.calls).toEqual(["post_letter bob@example.com See you at noon"]);
    expect(await callsIn("Какая погода?", "В Казани")).toEqual([[], ["skies Казань"]]);
  });

  it("drops its question when it is asked something else, or told to", async () => {
    expect(await callsIn("Where is my order?", "2+2")).toEqual([[], ["reckon 2 + 2"]]);
    expect(await callsIn("Where is my order?", "never mind")).toEqual([[], []]);
  });

  it("does one thing after another, the later with the result of the earlier", async () => {
    expect(await callsIn("what is 6 times 7 and then multiply the result by 2", "now divide it by 4")).toEqual([
      ["reckon 6 * 7", "reckon 42 * 2"],
      ["reckon 84 / 4"],
    ]);
    expect(await callsIn("сколько будет 6 умножить на 7, а потом умножь это на 2")).toEqual([
      ["reckon 6 * 7", "reckon 42 * 2"],
    ]);
    expect(await callsIn("6 * 7", "а если прибавить 10?")).toEqual([["reckon 6 * 7"], ["reckon 42 + 10"]]);
  });

  it("sends on what a tool has found", async () => {
    const [said] = await talk("what's the weather in Rome, then email it to bob@example.com");
    expect(said?.calls).toEqual(["skies Rome", "post_letter bob@example.com city: Rome, temperature: 18, sky: clear"]);
  });

  it("leaves out what needs a result that there is not, and says so", async () => {
    const [said] = await talk("where is order B-7, then email it to bob@example.com");
    expect(said?.calls).toEqual(["parcel_status B-7"]);
    expect(said?.answer).toContain("There is no order B-7.");
    expect(said?.answer).toContain("I left out “email it to bob@example.com”");
  });

  it("does not repeat a call that failed, and explains the failure", async () => {
    const [said] = await talk("Где мой заказ B-7?");
    expect(said).toEqual({
      calls: ["parcel_status B-7"],
      answer: "parcel_status: не получилось. There is no order B-7.",
    });
  });

  it("calls side by side what does not depend on each other", async () => {
    const { calls } = decide(
      {
        instructions: "",
        messages: [{ role: "user", content: "what is 2+2 and the weather in Oslo and what time is it in Tokyo?" }],
        tools,
        toolChoice: "auto",
        reasoning: "off",
        settings: {},
      },
      today,
    );
    expect(calls.map(({ toolName }) => toolName)).toEqual(["reckon", "skies", "wall_clock"]);
  });

  it("reads results out in the language of the question, without JSON", async () => {
    const said = await talk(
      "What is 6 times 7?",
      "погода в Риме",
      "100 dollars in euros",
      "the weather in Paris and Oslo",
    );
    expect(said.map(({ answer }) => answer)).toEqual([
      "6 * 7 = 42",
      "Рим — температура: 18, небо: clear",
      "100 USD → EUR — 200",
      "- Paris — temperature: 18, sky: clear\n- Oslo — temperature: 18, sky: clear",
    ]);
  });

  it("remembers from the thread what it was told", async () => {
    const said = await talk("Hi, I'm Anna", "I live in Tver", "what is my name?", "where do I live?");
    expect(said.map(({ answer }) => answer)).toEqual([
      "Nice to meet you, Anna!",
      expect.stringContaining("keep it in mind"),
      "Your name is Anna.",
      "You said: “I live in Tver”",
    ]);
    expect((await talk("меня зовут Пётр", "как меня зовут?"))[1]?.answer).toBe("Вас зовут Пётр.");
    expect((await talk("как меня зовут?"))[0]?.answer).toContain("не назвали");
  });

  it("says what it can do from the tools that it has, and what it is", async () => {
    const [english, russian] = await talk("what can you do?", "что ты умеешь?");
    for (const { name } of tools) expect(english?.answer).toContain(name);
    expect(english?.answer).toContain("offline, rule-based model");
    expect(russian?.answer).toContain("офлайн-модель");
  });
});
