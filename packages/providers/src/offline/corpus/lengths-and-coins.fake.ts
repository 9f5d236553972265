// Forecasts, deliveries, lengths, reminders, shopping, records, phrases, coins: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import { plainTool as plain } from "./plain-tool.fake.ts";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({
    name: "getLocalForecast",
    description: "Returns the forecast for a place",
    inputSchema: z.object({ place: z.string(), when: z.enum(["today", "tomorrow", "weekend"]).optional() }),
    execute,
  }),
  plain("delivery_status", "Статус доставки заказа", { order_number: { type: "integer" } }, ["order_number"]),
  tool({
    name: "length-converter",
    description: "Converts lengths",
    inputSchema: z.object({
      value: z.number(),
      fromUnit: z.enum(["m", "km", "mi", "ft"]),
      toUnit: z.enum(["m", "km", "mi", "ft"]),
    }),
    execute,
  }),
  tool({
    name: "add_reminder",
    description: "Add a reminder",
    inputSchema: z.object({ what: z.string(), date: z.iso.date(), time: z.string().optional() }),
    execute,
  }),
  tool({
    name: "shoppingList",
    description: "Manage the shopping list",
    inputSchema: z.object({ action: z.enum(["add", "remove", "show"]), item: z.string().optional() }),
    execute,
  }),
  plain(
    "db_query",
    "Ищет записи в базе клиентов",
    {
      table: { enum: ["customers", "orders", "products"] },
      text: { type: "string", description: "что искать" },
      limit: { type: "integer" },
    },
    ["table", "text"],
  ),
  tool({
    name: "say_in_language",
    description: "Translate a phrase",
    inputSchema: z.object({ phrase: z.string(), to: z.enum(["english", "german", "french", "spanish"]) }),
    execute,
  }),
  tool({
    name: "flip_coin",
    description: "Flip a coin",
    inputSchema: z.object({ times: z.number().int().default(1) }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  ["forecast for Reykjavik", "getLocalForecast", { place: "Reykjavik" }],
  ["will it be sunny in Milan tomorrow?", "getLocalForecast", { place: "Milan", when: "tomorrow" }],
  ["какая погода завтра в Туле", "getLocalForecast", { place: "Тула", when: "tomorrow" }],
  ["погода на выходные в Суздале", "getLocalForecast", { place: "Суздаль", when: "weekend" }],
  ["how cold is it in Helsinki today", "getLocalForecast", { place: "Helsinki", when: "today" }],
  ["is order 5512 on its way?", "delivery_status", { order_number: 5512 }],
  ["где заказ 901?", "delivery_status", { order_number: 901 }],
  ["когда привезут заказ номер 77?", "delivery_status", { order_number: 77 }],
  ["delivery status of order #304", "delivery_status", { order_number: 304 }],
  ["статус доставки 1200", "delivery_status", { order_number: 1200 }],
  ["5 km in miles", "length-converter", { value: 5, fromUnit: "km", toUnit: "mi" }],
  ["how many feet are in 3 meters?", "length-converter", { value: 3, fromUnit: "m", toUnit: "ft" }],
  ["переведи 26,2 мили в километры", "length-converter", { value: 26.2, fromUnit: "mi", toUnit: "km" }],
  ["сколько метров в двух километрах?", "length-converter", { value: 2, fromUnit: "km", toUnit: "m" }],
  ["convert 100 ft to m", "length-converter", { value: 100, fromUnit: "ft", toUnit: "m" }],
  ["remind me to pay rent on December 1", "add_reminder", { what: "pay rent", date: "2026-12-01" }],
  [
    "remind me tomorrow at 8:30 about the dentist",
    "add_reminder",
    { what: "the dentist", date: "2026-11-23", time: "08:30" },
  ],
  ["напомни в пятницу забрать посылку", "add_reminder", { what: "забрать посылку", date: "2026-11-27" }],
  ["поставь напоминание на 25 декабря: поздравить Олю", "add_reminder", { what: "поздравить Олю", date: "2026-12-25" }],
  [
    "напомни мне послезавтра в 18:00 купить билеты",
    "add_reminder",
    { what: "купить билеты", date: "2026-11-24", time: "18:00" },
  ],
  ["add tomatoes to the shopping list", "shoppingList", { action: "add", item: "tomatoes" }],
  ["remove milk from my shopping list", "shoppingList", { action: "remove", item: "milk" }],
  ["show me the shopping list", "shoppingList", { action: "show" }],
  ["добавь сыр в список покупок", "shoppingList", { action: "add", item: "сыр" }],
  ["удали хлеб из списка покупок", "shoppingList", { action: "remove", item: "хлеб" }],
  ["find customers called Ivanov", "db_query", { table: "customers", text: "Ivanov" }],
  ["search products for wireless headphones", "db_query", { table: "products", text: "wireless headphones" }],
  ["найди в базе клиентов Петрова", "db_query", { table: "customers", text: "Петрова" }],
  ['look for "ACME" among the customers', "db_query", { table: "customers", text: "ACME" }],
  ["how do you say good night in German?", "say_in_language", { phrase: "good night", to: "german" }],
  ["translate I am hungry to Spanish", "say_in_language", { phrase: "I am hungry", to: "spanish" }],
  ["как по-французски «спасибо»?", "say_in_language", { phrase: "спасибо", to: "french" }],
  ["переведи на английский фразу доброй ночи", "say_in_language", { phrase: "доброй ночи", to: "english" }],
  ["flip a coin", "flip_coin", {}],
  ["toss a coin 3 times", "flip_coin", { times: 3 }],
  ["подбрось монетку", "flip_coin", {}],
  ["I will think about it"],
  ["Ты классный"],
  ["the list is too long"],
];
