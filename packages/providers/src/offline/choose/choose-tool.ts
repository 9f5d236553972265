// Which tool a message asks for: its words against what the tools say of themselves, and the values that it holds.
import { type Arguments, fillArguments } from "../fill/fill-arguments.ts";
import { importanceOf } from "../language/stop-words.ts";
import { keysOf, lowered, soundsLike, stemOf, type Word } from "../language/words.ts";
import type { ReadTool } from "../read/read-tool.ts";
import type { Values } from "../values/find-values.ts";

export type Candidate = {
  tool: ReadTool;
  arguments: Arguments;
  score: number;
  /** The words that spoke for it, the strongest first. */
  matched: readonly string[];
};

/** Called from this score on; below it the likeness is an accident. */
export const enough = 1.75;
/** A tool whose arguments are incomplete has to be meant more clearly before somebody is asked for them. */
const enoughToAsk = 1.7;
/** How much better an incomplete one has to be than a complete one. */
const incompleteLead = 1.45;
const mostFilled = 6;

/** The best first. Deterministic: equal ones stay in the order of the tools. */
export function rankTools(tools: readonly ReadTool[], values: Values, now: Date): Candidate[] {
  const words = subjectWords(values);
  const rarity = rarityOf(tools);
  const mood = moodOf(values);
  const onlyAsks = isQuestion(values);
  return tools
    .map((tool) => ({ tool, ...likeness(tool, words, rarity) }))
    .filter(({ tool, score }) => score > 0.5 || speaksForItself(tool, values))
    .sort(
      (a, b) => Number(speaksForItself(b.tool, values)) - Number(speaksForItself(a.tool, values)) || b.score - a.score,
    )
    .slice(0, mostFilled)
    .map(({ tool, score, matched }) => {
      const args = fillArguments(tool, values, now);
      const sum = score + evidence(tool, values, args);
      return {
        tool,
        arguments: args,
        matched,
        score: sum * mood * (onlyAsks && changesUnasked(tool, values) ? 0.6 : 1),
      };
    })
    .sort((a, b) => b.score - a.score);
}

/** The one to call, or to ask the missing arguments for; undefined where no tool is meant. */
export function chooseTool(ranked: readonly Candidate[]): Candidate | undefined {
  const complete = ranked.find((each) => each.arguments.missing.length === 0 && each.score >= enough);
  const incomplete = ranked.find((each) => each.arguments.missing.length > 0 && each.score >= enoughToAsk);
  if (!complete || !incomplete) return complete ?? incomplete;
  return incomplete.score > complete.score * incompleteLead ? incomplete : complete;
}

/** Words inside quotations and addresses are not about what to do; "times" between two numbers is not about time. */
function subjectWords({ words, quotes, urls, emails, expressions }: Values): Word[] {
  const signs = expressions.filter(({ operator }) => operator === undefined || operator === "*");
  const closed = [...quotes, ...urls, ...emails, ...signs];
  return words.filter(
    (word) => importanceOf(word) > 0 && !closed.some((span) => word.start >= span.start && word.end <= span.end),
  );
}

/** What many tools say tells them apart less. */
function rarityOf(tools: readonly ReadTool[]): (key: string) => number {
  const counts = new Map<string, number>();
  for (const tool of tools) for (const key of tool.weights.keys()) counts.set(key, (counts.get(key) ?? 0) + 1);
  return (key) => 1 / Math.sqrt(Math.sqrt(counts.get(key) ?? 1));
}

const nearTheStart = 4;
/** Where every word of the message speaks for the tool. */
const ofWhole = 0.5;

function likeness(
  tool: ReadTool,
  words: readonly Word[],
  rarity: (key: string) => number,
): { score: number; matched: string[] } {
  const heard: { word: string; weight: number }[] = [];
  const counted = new Set<string>();
  for (const [at, word] of words.entries()) {
    const [stem = ""] = word.keys;
    const known = Math.max(0, ...word.keys.map((key) => (tool.weights.get(key) ?? 0) * rarity(key)));
    const weight = known || kindred(tool, stem);
    if (weight === 0 || counted.has(stem) || isNegated(words, at)) continue;
    counted.add(stem);
    heard.push({ word: word.lower, weight: weight * importanceOf(word) * (at < nearTheStart ? 1 : 0.8) });
  }
  heard.sort((a, b) => b.weight - a.weight);
  // Each further word adds less, so that a long description does not win by its length.
  const score = heard.reduce((sum, { weight }, at) => sum + weight / (1 + at * 0.35), 0);
  const isAll = heard.length > 0 && heard.length === new Set(words.map((word) => word.keys[0])).size;
  return {
    score: score + exampleBonus(tool, words) + (isAll ? ofWhole : 0),
    matched: heard.slice(0, 4).map(({ word }) => word),
  };
}

const shortestKin = 5;
const ofKin = 0.8;

/** "directed" and "director": one stem is the beginning of the other. */
function kindred(tool: ReadTool, stem: string): number {
  if (stem.length < shortestKin) return 0;
  let best = 0;
  for (const [key, weight] of tool.weights) {
    const isKin = key.startsWith(stem) || stem.startsWith(key) || soundsLike(stem, key);
    if (key.length >= shortestKin && isKin) best = Math.max(best, weight * ofKin);
  }
  return best;
}

function isNegated(words: readonly Word[], at: number): boolean {
  const before = words[at - 1];
  return before !== undefined && ["don't", "never", "not", "не"].includes(before.lower);
}

/** A message that says nearly what a sample message says. */
function exampleBonus(tool: ReadTool, words: readonly Word[]): number {
  let best = 0;
  for (const example of tool.examples) {
    const shared = words.filter((word) => word.keys.some((key) => example.has(key))).length;
    if (words.length > 0) best = Math.max(best, shared / words.length);
  }
  return best >= 0.5 ? best * 1.5 : 0;
}

const incompleteCost = 0.6;

/** Values that fit the parameters speak for a tool, missing ones against it. */
function evidence(tool: ReadTool, values: Values, args: Arguments): number {
  const missing = Math.min(args.missing.length, 3) * incompleteCost;
  const named =
    args.certain === 0 && args.missing.length === 0 && args.sources.some(({ said }) => said !== "") ? 0.4 : 0;
  // An address is there to be used.
  const addresses = [...values.emails, ...values.phones, ...values.urls];
  const used = addresses.length === 0 ? 0 : addresses.every(args.used) ? 0.4 : -0.8;
  return named + used + Math.min(args.certain, 3) * 0.65 + (speaksForItself(tool, values) ? 2.2 : 0) - missing;
}

/** "2 + 2" or a bare address needs no words, where a tool takes nothing else. */
function speaksForItself(tool: ReadTool, { text, expressions, urls, words, quotes }: Values): boolean {
  const required = tool.fields.filter((field) => field.required);
  const [only] = required;
  if (required.length !== 1 || !only || quotes.length > 0) return false;
  if (only.kind === "expression") return expressions.length > 0;
  if (only.kind === "host") return /(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/.test(text);
  if (only.kind !== "url") return false;
  return urls.some((url) => url.end - url.start > text.trim().length * 0.6 || words.length <= 6);
}

const changing =
  "create add new delete remove update edit complete cancel buy book reserve transfer assign send remember forget";
const changes = new Map(changing.split(" ").map((word) => [stemOf(word), keysOf(word)]));

/** A tool that changes something, though the message has no word for such a change. */
function changesUnasked(tool: ReadTool, { words }: Values): boolean {
  const made = [...tool.nameKeys].flatMap((key) => changes.get(key) ?? []);
  return made.length > 0 && !words.some((word) => word.keys.some((key) => made.includes(key)));
}

function isQuestion({ text }: Values): boolean {
  return questions.test(text) || showing.test(text);
}

const showing = /^\s*(?:show|list|display|покажи|перечисли|выведи)/iu;
const wishes =
  /(?<!\p{L})(?:need|want|wish|would like|wanna|have to|must|please|help|looking for|нужн\p{L}+|надо|хочу|хотел\p{L}*|хочется|помоги\p{L}*|пожалуйста|ищу|прошу)(?!\p{L})/iu;
const questions =
  /\?|(?<!\p{L})(?:what|when|where|which|who|how|is there|are there|что|какой|какая|какое|какие|каков\p{L}*|сколько|где|когда|куда|кто|почем)(?!\p{L})/iu;
const statements =
  /^(?:(?:oh|well|so|ну|вот)\s+)?(?:(?:today|yesterday|сегодня|вчера) )?(?:i|we|he|she|they|it|that's|this|my|our|я|мы|он|она|они|это|мой|моя|моё|мои|наш\p{L}*|у меня)(?!\p{L})|^(?:the |my )?\p{L}+ (?:is|are|was|were) |^(?:сегодня|вчера) был|^[^?]* [—–-] это |^[^?]*\p{L}{2}(?:[аеиыо]л|[аеиыо]л[аои]|лся|лась|лись)[.!]*$/iu;
const opinions =
  /(?<!\p{L})(?:(?:do|did|would|can) you (?:like|love|think|feel|enjoy|believe|know how|dream)|(?:what|how) do you (?:think|feel|like)|(?:how|what)(?: was| were| is| are|'s) your|why|ты (?:любишь|думаешь|веришь|чувствуешь|умеешь)|тебе нрав\p{L}+|нравится ли|почему|зачем)(?!\p{L})/iu;

/** Somebody who only tells something, or asks for an opinion, has to name a tool more clearly. */
function moodOf({ text }: Values): number {
  const plain = lowered(text.trim());
  if (opinions.test(plain)) return 0.5;
  return statements.test(plain) && !questions.test(plain) && !wishes.test(plain) ? 0.5 : 1;
}
