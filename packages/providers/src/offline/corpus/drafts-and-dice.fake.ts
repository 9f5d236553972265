// Weather, orders, temperatures, drafts, things to do, countries, dice: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import { plainTool as plain } from "./plain-tool.fake.ts";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({ name: "weatherNow", description: "Погода сейчас", inputSchema: z.object({ city: z.string() }), execute }),
  tool({
    name: "order-info",
    description: "Information on an order",
    inputSchema: z.object({ id: z.string() }),
    execute,
  }),
  tool({
    name: "convert_temperature",
    description: "Convert between temperature scales",
    inputSchema: z.object({
      degrees: z.number(),
      from: z.enum(["celsius", "fahrenheit", "kelvin"]),
      to: z.enum(["celsius", "fahrenheit", "kelvin"]),
    }),
    execute,
  }),
  tool({
    name: "emailDraft",
    description: "Drafts an email",
    inputSchema: z.object({
      recipient: z.email(),
      topic: z.string(),
      tone: z.enum(["formal", "casual"]).default("formal"),
    }),
    execute,
  }),
  plain("todo_done", "Отметить дело выполненным", { title: { type: "string", description: "какое дело" } }, ["title"]),
  plain(
    "todo_add",
    "Добавить дело",
    {
      title: { type: "string", description: "что сделать" },
      deadline: { type: "string", format: "date", description: "срок" },
    },
    ["title"],
  ),
  tool({
    name: "country_facts",
    description: "Facts about countries",
    inputSchema: z.object({ country: z.string(), fact: z.enum(["capital", "population", "area", "language"]) }),
    execute,
  }),
  tool({
    name: "dice",
    description: "Throw dice",
    inputSchema: z.object({ notation: z.string().describe("dice notation such as 2d6") }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  ["weather in Chelyabinsk", "weatherNow", { city: "Chelyabinsk" }],
  ["Погода в Екатеринбурге", "weatherNow", { city: "Екатеринбург" }],
  ["а дождь в Лондоне идёт?", "weatherNow", { city: "Лондон" }],
  ["скажи погоду в Нью-Йорке пожалуйста", "weatherNow", { city: "Нью-Йорк" }],
  ["info on order 8841", "order-info", { id: "8841" }],
  ["tell me about order Q-17", "order-info", { id: "Q-17" }],
  ["покажи заказ 552", "order-info", { id: "552" }],
  ["информация по заказу AB-9", "order-info", { id: "AB-9" }],
  ["What's in order #63?", "order-info", { id: "63" }],
  ["convert 30 celsius to fahrenheit", "convert_temperature", { degrees: 30, from: "celsius", to: "fahrenheit" }],
  ["how much is 98.6°F in celsius?", "convert_temperature", { degrees: 98.6, from: "fahrenheit", to: "celsius" }],
  ["переведи 300 кельвинов в цельсии", "convert_temperature", { degrees: 300, from: "kelvin", to: "celsius" }],
  ["25 градусов Цельсия в Фаренгейтах", "convert_temperature", { degrees: 25, from: "celsius", to: "fahrenheit" }],
  ["-40 fahrenheit to celsius", "convert_temperature", { degrees: -40, from: "fahrenheit", to: "celsius" }],
  ["draft an email to hr@corp.com about my vacation", "emailDraft", { recipient: "hr@corp.com", topic: "my vacation" }],
  [
    "write a casual email to pete@mail.com about the party",
    "emailDraft",
    { recipient: "pete@mail.com", topic: "the party", tone: "casual" },
  ],
  ["составь письмо для boss@corp.ru на тему отпуск", "emailDraft", { recipient: "boss@corp.ru", topic: "отпуск" }],
  [
    "напиши официальное письмо support@site.com про возврат денег",
    "emailDraft",
    { recipient: "support@site.com", topic: "возврат денег", tone: "formal" },
  ],
  ["email draft to kate@x.org, topic: invoice", "emailDraft", { recipient: "kate@x.org", topic: "invoice" }],
  ["add to my todo: wash the car", "todo_add", { title: "wash the car" }],
  ["todo: fix the bike by Saturday", "todo_add", { title: "fix the bike", deadline: "2026-11-28" }],
  ["добавь дело: помыть окна", "todo_add", { title: "помыть окна" }],
  ["добавь в дела оплатить интернет до 30 ноября", "todo_add", { title: "оплатить интернет", deadline: "2026-11-30" }],
  ["запиши: купить корм коту", "todo_add", { title: "купить корм коту" }],
  ["отметь дело «помыть окна» выполненным", "todo_done", { title: "помыть окна" }],
  ['mark "wash the car" as done', "todo_done", { title: "wash the car" }],
  ["дело «оплатить интернет» сделано", "todo_done", { title: "оплатить интернет" }],
  ["What is the capital of Argentina?", "country_facts", { country: "Argentina", fact: "capital" }],
  ["how many people live in India?", "country_facts", { country: "India", fact: "population" }],
  ["какая столица у Перу?", "country_facts", { country: "Перу", fact: "capital" }],
  ["площадь Исландии", "country_facts", { country: "Исландия", fact: "area" }],
  ["what language do they speak in Brazil?", "country_facts", { country: "Brazil", fact: "language" }],
  ["roll 2d6", "dice", { notation: "2d6" }],
  ["throw 1d20", "dice", { notation: "1d20" }],
  ["кинь 3d8", "dice", { notation: "3d8" }],
  ["We went to Norway last year"],
  ["Are you sure?"],
  ["Спокойной ночи!"],
];
