// Conditions, shipments, weights, notes, rates, times, articles, powers: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import { plainTool as plain } from "./plain-tool.fake.ts";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({
    name: "current_conditions",
    description: "Current temperature and sky for a town",
    inputSchema: z.object({ town: z.string(), scale: z.enum(["C", "F"]).optional() }),
    execute,
  }),
  plain(
    "trackShipment",
    "Где посылка или заказ",
    { code: { type: "string", description: "код отправления, например SH-204" } },
    ["code"],
  ),
  tool({
    name: "mass-convert",
    description: "Convert weights between units",
    inputSchema: z.object({
      quantity: z.number(),
      from: z.string().describe("unit, e.g. kg"),
      to: z.string().describe("unit, e.g. lb"),
    }),
    execute,
  }),
  tool({
    name: "note_create",
    description: "Save a note",
    inputSchema: z.object({ content: z.string(), tags: z.array(z.string()).optional() }),
    execute,
  }),
  plain("get_rate", "Курс валюты к рублю", { currency: { type: "string", description: "код валюты, например USD" } }, [
    "currency",
  ]),
  tool({
    name: "city_time",
    description: "Local time in a city",
    inputSchema: z.object({ city: z.string() }),
    execute,
  }),
  tool({
    name: "article_search",
    description: "Search for articles",
    inputSchema: z.object({
      keywords: z.string(),
      since: z.iso.date().optional(),
      maxResults: z.number().int().default(10),
    }),
    execute,
  }),
  tool({
    name: "power",
    description: "Raises a number to a power",
    inputSchema: z.object({ base: z.number(), exponent: z.number() }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  ["what's the temperature in Denver", "current_conditions", { town: "Denver" }],
  ["How warm is Athens right now, in fahrenheit?", "current_conditions", { town: "Athens", scale: "F" }],
  ["is it raining in Bergen?", "current_conditions", { town: "Bergen" }],
  ["сколько сейчас градусов в Омске?", "current_conditions", { town: "Омск" }],
  ["погода Ялта", "current_conditions", { town: "Ялта" }],
  ["where is SH-204?", "trackShipment", { code: "SH-204" }],
  ["track shipment SH-31 please", "trackShipment", { code: "SH-31" }],
  ["где моя посылка SH-900", "trackShipment", { code: "SH-900" }],
  ["что с заказом SH-77?", "trackShipment", { code: "SH-77" }],
  ["My package SH-5 is late, where is it?", "trackShipment", { code: "SH-5" }],
  ["convert 12 kg to pounds", "mass-convert", { quantity: 12, from: "kg", to: "lb" }],
  ["150 pounds in kilograms", "mass-convert", { quantity: 150, from: "lb", to: "kg" }],
  ["how many grams are in 2 ounces", "mass-convert", { quantity: 2, from: "oz", to: "g" }],
  ["сколько граммов в 3 фунтах?", "mass-convert", { quantity: 3, from: "lb", to: "g" }],
  ["переведи 80 кг в фунты", "mass-convert", { quantity: 80, from: "kg", to: "lb" }],
  ["save a note: the wifi code is 1234", "note_create", { content: "the wifi code is 1234" }],
  ["note that Kate likes tulips", "note_create", { content: "Kate likes tulips" }],
  [
    'make a note "call the bank" with tags money, urgent',
    "note_create",
    { content: "call the bank", tags: ["money", "urgent"] },
  ],
  ["запиши заметку: купить свечи", "note_create", { content: "купить свечи" }],
  ["сохрани заметку «пароль на холодильнике»", "note_create", { content: "пароль на холодильнике" }],
  ["курс доллара", "get_rate", { currency: "USD" }],
  ["какой сейчас курс евро?", "get_rate", { currency: "EUR" }],
  ["what is the exchange rate of the yuan?", "get_rate", { currency: "CNY" }],
  ["GBP rate", "get_rate", { currency: "GBP" }],
  ["почём нынче доллар?", "get_rate", { currency: "USD" }],
  ["what time is it in Nairobi?", "city_time", { city: "Nairobi" }],
  ["который час в Ереване", "city_time", { city: "Ереван" }],
  ["time in New York and London", "city_time", { city: "New York" }, "city_time", { city: "London" }],
  ["сколько времени в Дубае?", "city_time", { city: "Дубай" }],
  ["tell me the local time in Perth", "city_time", { city: "Perth" }],
  ["search for articles about black holes", "article_search", { keywords: "black holes" }],
  [
    "find 3 articles on climate change since 2026-01-01",
    "article_search",
    { keywords: "climate change", since: "2026-01-01", maxResults: 3 },
  ],
  ["найди статьи про квантовые компьютеры", "article_search", { keywords: "квантовые компьютеры" }],
  ["поищи статьи о вулканах", "article_search", { keywords: "вулканах" }],
  ["2 to the power of 10", "power", { base: 2, exponent: 10 }],
  ["raise 3 to the power 4", "power", { base: 3, exponent: 4 }],
  ["возведи 5 в степень 3", "power", { base: 5, exponent: 3 }],
  ["It is so cold in here"],
  ["Do you believe in ghosts?"],
  ["У меня всё хорошо"],
];
