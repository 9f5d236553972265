// Buses, expenses, texts, invoices, users, coins, workouts, short messages: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({
    name: "bus_schedule",
    description: "Shows when the next bus leaves from a stop",
    inputSchema: z.object({
      stop: z.string().describe("Name of the bus stop"),
      line: z.string().optional().describe("Bus number"),
    }),
    execute,
  }),
  tool({
    name: "log-expense",
    description: "Record an expense",
    inputSchema: z.object({
      amount: z.number(),
      category: z.enum(["food", "transport", "housing", "fun"]),
      note: z.string().optional(),
    }),
    execute,
  }),
  tool({
    name: "summarizeText",
    description: "Summarizes a text",
    inputSchema: z.object({ text: z.string(), maxSentences: z.number().int().optional() }),
    execute,
  }),
  tool({
    name: "invoice_create",
    description: "Выставляет счёт клиенту",
    inputSchema: z.object({
      client: z.string().describe("название клиента"),
      amount: z.number().describe("сумма"),
      dueDate: z.iso.date().describe("срок оплаты"),
    }),
    execute,
  }),
  tool({
    name: "getUser",
    description: "Get a user by id",
    inputSchema: z.object({ userId: z.number().int() }),
    execute,
  }),
  tool({
    name: "crypto_price",
    description: "",
    inputSchema: z.object({
      coin: z.enum(["bitcoin", "ethereum", "dogecoin"]),
      currency: z.enum(["usd", "eur", "rub"]).default("usd"),
    }),
    execute,
  }),
  tool({
    name: "workout_plan",
    description: "Makes a workout plan",
    inputSchema: z.object({
      goal: z.enum(["strength", "endurance", "weight_loss"]),
      daysPerWeek: z.number().int().min(1).max(7),
      equipment: z.array(z.string()).optional(),
    }),
    execute,
  }),
  tool({
    name: "send_sms",
    description: "Send a text message to a phone number",
    inputSchema: z.object({ phone: z.string(), message: z.string() }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  ["When does the next bus leave from Central Station?", "bus_schedule", { stop: "Central Station" }],
  ["next bus at Oak Street", "bus_schedule", { stop: "Oak Street" }],
  ["когда следующий автобус с остановки Парковая?", "bus_schedule", { stop: "Парковая" }],
  ["when is bus 42 coming to Mill Road", "bus_schedule", { stop: "Mill Road", line: "42" }],
  ["расписание автобуса на остановке «Площадь Победы»", "bus_schedule", { stop: "Площадь Победы" }],
  ["I spent 25 dollars on food", "log-expense", { amount: 25, category: "food" }],
  ["record an expense of 300 for transport", "log-expense", { amount: 300, category: "transport" }],
  ["запиши расход 1500 на еду", "log-expense", { amount: 1500, category: "food" }],
  ["потратил 700 рублей на транспорт", "log-expense", { amount: 700, category: "transport" }],
  ["log 12.99 for fun, note: cinema", "log-expense", { amount: 12.99, category: "fun", note: "cinema" }],
  [
    "Summarize this: The cat sat on the mat. It was happy.",
    "summarizeText",
    { text: "The cat sat on the mat. It was happy." },
  ],
  ['give me a summary of "Long ago there lived a king"', "summarizeText", { text: "Long ago there lived a king" }],
  ["сделай краткий пересказ текста: Жили-были дед и баба", "summarizeText", { text: "Жили-были дед и баба" }],
  [
    "summarize in 2 sentences: Rome was not built in a day",
    "summarizeText",
    { text: "Rome was not built in a day", maxSentences: 2 },
  ],
  ["сократи текст «Мороз и солнце, день чудесный»", "summarizeText", { text: "Мороз и солнце, день чудесный" }],
  [
    "выставь счёт компании Ромашка на 50000 рублей до 15 декабря",
    "invoice_create",
    { client: "Ромашка", amount: 50000, dueDate: "2026-12-15" },
  ],
  [
    "create an invoice for Acme Corp for 1200 due in 2 weeks",
    "invoice_create",
    { client: "Acme Corp", amount: 1200, dueDate: "2026-12-06" },
  ],
  [
    "счёт для клиента Альфа, сумма 9900, срок 1 декабря",
    "invoice_create",
    { client: "Альфа", amount: 9900, dueDate: "2026-12-01" },
  ],
  ["show user 42", "getUser", { userId: 42 }],
  ["get the user with id 1007", "getUser", { userId: 1007 }],
  ["покажи пользователя 15", "getUser", { userId: 15 }],
  ["кто такой пользователь с номером 8?", "getUser", { userId: 8 }],
  ["who is user #300?", "getUser", { userId: 300 }],
  ["bitcoin price", "crypto_price", { coin: "bitcoin" }],
  ["How much is ethereum in euros?", "crypto_price", { coin: "ethereum", currency: "eur" }],
  ["сколько стоит биткоин в рублях", "crypto_price", { coin: "bitcoin", currency: "rub" }],
  ["курс эфириума", "crypto_price", { coin: "ethereum" }],
  ["what is dogecoin worth right now", "crypto_price", { coin: "dogecoin" }],
  ["make me a strength workout plan for 3 days a week", "workout_plan", { goal: "strength", daysPerWeek: 3 }],
  ["I want a weight loss training plan, 4 days per week", "workout_plan", { goal: "weight_loss", daysPerWeek: 4 }],
  ["составь план тренировок на выносливость, 5 дней в неделю", "workout_plan", { goal: "endurance", daysPerWeek: 5 }],
  [
    "endurance workouts twice a week with equipment: dumbbells, rope",
    "workout_plan",
    { goal: "endurance", daysPerWeek: 2, equipment: ["dumbbells", "rope"] },
  ],
  ["text +44 20 7946 0958 saying I am on my way", "send_sms", { phone: "+44 20 7946 0958", message: "I am on my way" }],
  [
    "send an sms to +1 (555) 123-4567: running late",
    "send_sms",
    { phone: "+1 (555) 123-4567", message: "running late" },
  ],
  ["отправь смс на +7 912 345-67-89 с текстом «Я дома»", "send_sms", { phone: "+7 912 345-67-89", message: "Я дома" }],
  [
    "напиши сообщение на номер 8 912 345 67 89: перезвони мне",
    "send_sms",
    { phone: "8 912 345 67 89", message: "перезвони мне" },
  ],
  ["My phone is broken"],
  ["You have been very helpful today"],
  ["Автобус опоздал"],
  ["What's your favorite workout?"],
];
