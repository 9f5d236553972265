import type { ModelRequest, Tool } from "@beseda/core";
import { describe, expect, it } from "vitest";
import * as buses from "./corpus/buses-and-invoices.fake.ts";
import * as distances from "./corpus/distances-and-music.fake.ts";
import * as drafts from "./corpus/drafts-and-dice.fake.ts";
import { besideThePoint, english, incomplete, russian, talk } from "./corpus/everyday.fake.ts";
import { everydayTools } from "./corpus/everyday-tools.fake.ts";
import * as films from "./corpus/films-and-flights.fake.ts";
import * as forecasts from "./corpus/forecasts-and-tasks.fake.ts";
import * as hotels from "./corpus/hotels-and-loans.fake.ts";
import * as lengths from "./corpus/lengths-and-coins.fake.ts";
import * as libraries from "./corpus/libraries-and-parcels.fake.ts";
import * as notes from "./corpus/notes-and-rates.fake.ts";
import { today, type Utterance } from "./corpus/utterance.fake.ts";
import { type Decision, decide } from "./decide.ts";

describe.each([
  ["everyday requests in English", everydayTools, english],
  ["everyday requests in Russian", everydayTools, russian],
  ["films and flights", films.tools, films.utterances],
  ["distances and music", distances.tools, distances.utterances],
  ["buses and invoices", buses.tools, buses.utterances],
  ["hotels and loans", hotels.tools, hotels.utterances],
  ["forecasts and tasks", forecasts.tools, forecasts.utterances],
  ["libraries and parcels", libraries.tools, libraries.utterances],
  ["lengths and coins", lengths.tools, lengths.utterances],
  ["notes and rates", notes.tools, notes.utterances],
  ["drafts and dice", drafts.tools, drafts.utterances],
] satisfies [string, readonly Tool[], readonly Utterance[]][])(
  "the offline model understands %s",
  (_, tools, utterances) => {
    it.each(utterances.map((utterance) => [utterance[0], utterance] as const))("%s", (text, [, ...pairs]) => {
      const { calls, text: answer } = decided(text, tools);
      expect(calls).toEqual(callsOf(pairs));
      if (pairs.length === 0) expect(answer).not.toMatch(asking);
    });
  },
);

describe("the offline model calls nothing", () => {
  it.each(talk)("for small talk: %s", (text) => {
    const { calls, text: answer } = decided(text, everydayTools);
    expect(calls).toEqual([]);
    expect(answer).not.toMatch(asking);
    expect(answer).not.toBe("");
  });

  it.each(besideThePoint)("for what only shares words or values with its tools: %s", (text) => {
    const { calls, text: answer } = decided(text, everydayTools);
    expect(calls).toEqual([]);
    expect(answer).not.toMatch(asking);
  });

  it.each(incomplete)("while arguments are missing, and asks for exactly those: %s", (text, toolName, missing) => {
    const { calls, text: answer } = decided(text, everydayTools);
    expect(calls).toEqual([]);
    expect(answer).toContain(toolName);
    const wanted = everydayTools.find(({ name }) => name === toolName)?.inputSchema.properties ?? {};
    expect(Object.keys(wanted).filter((name) => new RegExp(`(?<!\\w)${name}(?: \\(|,|\\.)`).test(answer))).toEqual(
      missing,
    );
  });
});

const asking = /I can use \S+ for that|Для этого есть/;

function decided(text: string, tools: readonly Tool[]): Decision {
  const request: ModelRequest = {
    instructions: "",
    messages: [{ role: "user", content: text }],
    tools,
    toolChoice: "auto",
    reasoning: "native",
    settings: {},
  };
  return decide(request, today);
}

function callsOf(pairs: readonly (string | Record<string, unknown>)[]): unknown[] {
  const calls: unknown[] = [];
  for (let at = 0; at < pairs.length; at += 2) calls.push({ toolName: pairs[at], input: pairs[at + 1] });
  return calls;
}
