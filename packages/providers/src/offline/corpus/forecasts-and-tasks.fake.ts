// Forecasts, orders, exchange, mail, tasks, shares, countries: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import { plainTool as plain } from "./plain-tool.fake.ts";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({
    name: "forecast",
    description: "Weather forecast for several days",
    inputSchema: z.object({
      location: z.object({ city: z.string(), country: z.string().optional() }),
      days: z.number().int().min(1).max(14).default(3),
    }),
    execute,
  }),
  plain(
    "find-order",
    "Найти заказ по номеру или по почте покупателя",
    { orderId: { type: "string", description: "номер заказа" }, email: { type: "string", format: "email" } },
    [],
  ),
  tool({
    name: "fxConvert",
    description: "Currency converter",
    inputSchema: z.object({
      amount: z.number(),
      source: z.enum(["USD", "EUR", "RUB", "GBP"]),
      target: z.enum(["USD", "EUR", "RUB", "GBP"]),
    }),
    execute,
  }),
  plain(
    "mail_send",
    "Send mail",
    {
      recipients: { type: "array", items: { type: "string", format: "email" } },
      subject: { type: "string" },
      text: { type: "string" },
      urgent: { type: "boolean" },
    },
    ["recipients", "text"],
  ),
  tool({
    name: "task_complete",
    description: "Marks a task as done",
    inputSchema: z.object({ taskId: z.number().int() }),
    execute,
  }),
  tool({
    name: "task_create",
    description: "Creates a task",
    inputSchema: z.object({ title: z.string(), assignee: z.string().optional(), dueDate: z.iso.date().optional() }),
    execute,
  }),
  plain(
    "stock-quote",
    "Котировка акции на бирже",
    { ticker: { type: "string", description: "тикер, например SBER" } },
    ["ticker"],
  ),
  tool({
    name: "compareCountries",
    description: "Compares two countries",
    inputSchema: z.object({
      first: z.string().describe("country"),
      second: z.string().describe("country"),
      by: z.enum(["population", "area", "gdp"]),
    }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  [
    "What will the weather be like in Prague for the next 5 days?",
    "forecast",
    { location: { city: "Prague" }, days: 5 },
  ],
  ["forecast for Madrid", "forecast", { location: { city: "Madrid" } }],
  ["Прогноз погоды в Сочи на неделю", "forecast", { location: { city: "Сочи" }, days: 7 }],
  [
    "какая погода будет в Париже, Франция, 3 дня",
    "forecast",
    { location: { city: "Париж", country: "Франция" }, days: 3 },
  ],
  ["is it going to snow in Oslo?", "forecast", { location: { city: "Oslo" } }],
  ["find order 45812", "find-order", { orderId: "45812" }],
  ["where's the order of kate@shop.com", "find-order", { email: "kate@shop.com" }],
  ["найди заказ X-100", "find-order", { orderId: "X-100" }],
  ["заказы покупателя oleg@mail.ru", "find-order", { email: "oleg@mail.ru" }],
  ["what happened to my order #7781?", "find-order", { orderId: "7781" }],
  ["100 usd to eur", "fxConvert", { amount: 100, source: "USD", target: "EUR" }],
  ["сколько будет 50 фунтов в рублях?", "fxConvert", { amount: 50, source: "GBP", target: "RUB" }],
  ["How many dollars do I get for 3000 rubles?", "fxConvert", { amount: 3000, source: "RUB", target: "USD" }],
  ["конвертируй 1 500 евро в доллары", "fxConvert", { amount: 1500, source: "EUR", target: "USD" }],
  ["I want to change 20 pounds into euros", "fxConvert", { amount: 20, source: "GBP", target: "EUR" }],
  [
    "send mail to a@x.com and b@x.com: meeting moved to 5",
    "mail_send",
    { recipients: ["a@x.com", "b@x.com"], text: "meeting moved to 5" },
  ],
  [
    "Email boss@corp.com, subject: Vacation, text: I am away next week",
    "mail_send",
    { recipients: ["boss@corp.com"], subject: "Vacation", text: "I am away next week" },
  ],
  [
    "отправь на почту dev@site.ru срочное письмо «Сервер упал»",
    "mail_send",
    { recipients: ["dev@site.ru"], text: "Сервер упал", urgent: true },
  ],
  [
    "write to ann@mail.com that the door is open",
    "mail_send",
    { recipients: ["ann@mail.com"], text: "the door is open" },
  ],
  [
    "напиши письмо ivan@corp.ru с темой Отчёт и текстом Готово",
    "mail_send",
    { recipients: ["ivan@corp.ru"], subject: "Отчёт", text: "Готово" },
  ],
  ["mark task 12 as done", "task_complete", { taskId: 12 }],
  ["I finished task 7", "task_complete", { taskId: 7 }],
  ["закрой задачу 33", "task_complete", { taskId: 33 }],
  ["задача 5 выполнена", "task_complete", { taskId: 5 }],
  ["complete task #9", "task_complete", { taskId: 9 }],
  ["create a task to water the flowers", "task_create", { title: "water the flowers" }],
  [
    "new task: prepare slides, assignee Kate, due tomorrow",
    "task_create",
    { title: "prepare slides", assignee: "Kate", dueDate: "2026-11-23" },
  ],
  [
    "создай задачу «Позвонить в банк» на 1 декабря",
    "task_create",
    { title: "Позвонить в банк", dueDate: "2026-12-01" },
  ],
  ["поставь задачу проверить отчёт", "task_create", { title: "проверить отчёт" }],
  ["add task buy a gift for dad by December 20", "task_create", { title: "buy a gift for dad", dueDate: "2026-12-20" }],
  ["GAZP quote", "stock-quote", { ticker: "GAZP" }],
  ["What's the price of Microsoft shares?", "stock-quote", { ticker: "MSFT" }],
  ["котировка Яндекса", "stock-quote", { ticker: "YDEX" }],
  ["по чём акции Лукойла?", "stock-quote", { ticker: "LKOH" }],
  [
    "compare France and Spain by population",
    "compareCountries",
    { first: "France", second: "Spain", by: "population" },
  ],
  ["сравни Россию и Канаду по площади", "compareCountries", { first: "Россия", second: "Канада", by: "area" }],
  ["The weather was awful yesterday"],
  ["I don't like Mondays"],
  ["Расскажи мне сказку"],
];
