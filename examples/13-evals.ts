// Evals: cases and scorers in, a table for people and JSON for machines out. Wrap the models in recorded() to repeat it exactly.
import { Agent, textOf, tool } from "@beseda/core";
import { type EvalCase, evaluate, exact, formatTable, judge, schema, toolCall } from "@beseda/core/evals";
import { scriptedModel } from "@beseda/core/testing";
import { offline } from "@beseda/providers/offline";
import { calculator } from "@beseda/tools";
import { z } from "zod";

const order = tool({
  name: "order_status",
  description: "Looks up where an order is, by its number",
  inputSchema: z.object({ orderNumber: z.string().describe("such as A-1042") }),
  examples: ["Where is my order A-1042?", "Где мой заказ A-1042?"],
  effects: "read",
  execute: ({ orderNumber }) => ({ orderNumber, status: "on its way", arrives: "2026-12-01" }),
});
const shop = new Agent({ name: "shop", model: offline(), tools: [order, calculator()] });

const questions: EvalCase<string>[] = [
  { input: "What is 17 * 23?", expected: "17 * 23 = 391", toolCalls: [{ toolName: "calculator" }] },
  { input: "Сколько будет 17 * 23?", expected: "17 * 23 = 391", toolCalls: [{ toolName: "calculator" }] },
  {
    name: "order, in English",
    input: "Where is my order A-1042?",
    toolCalls: [{ toolName: "order_status", input: { orderNumber: "A-1042" } }],
  },
  {
    name: "order, in Russian",
    input: "Где мой заказ A-1042?",
    toolCalls: [{ toolName: "order_status", input: { orderNumber: "A-1042" } }],
  },
  { name: "a greeting needs no tool", input: "Привет!", toolCalls: [] },
];

// Any model can be the judge. This one needs no key and has an eye for one thing only.
const critic = scriptedModel(({ messages }) => {
  const { question, answer } = JSON.parse(messages.map(textOf).join());
  const isMixed = /[а-яё]/i.test(question) && /[a-z]{2}/i.test(answer);
  const verdict = isMixed
    ? { score: 0.5, reason: "There is English in an answer to a Russian question." }
    : { score: 1, reason: "It keeps to the language of the question." };
  return { text: JSON.stringify(verdict) };
});
const oneLanguage = judge({ model: critic, criteria: "It keeps to the language of the question.", name: "language" });
// A scorer is a function of the answer; its name heads the column.
const short = ({ answer }: { answer: string }) => answer.length <= 100;

const report = await evaluate(shop, questions, [exact(), toolCall(), oneLanguage, short], { concurrency: 2 });
console.log(formatTable(report));
// In CI: if (!report.passed) process.exitCode = 1;
console.log(`\nas JSON: ${JSON.stringify(report.totals)}\n`);

const booking = z.object({ city: z.string(), people: z.number() });
const bookings = new Agent({ name: "bookings", model: offline(), output: booking });
const tables: EvalCase<z.infer<typeof booking>>[] = [
  { input: "I want a table in Riga for 4 people", expected: { city: "Riga", people: 4 } },
];
console.log(formatTable(await evaluate(bookings, tables, [schema(booking), exact()])));
