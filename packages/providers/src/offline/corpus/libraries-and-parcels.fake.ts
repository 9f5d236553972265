// Libraries, parcels, plugs, tips, contacts, sunsets, codes, votes: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import { plainTool as plain } from "./plain-tool.fake.ts";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({
    name: "library_search",
    description: "Search the library catalogue for books",
    inputSchema: z.object({
      author: z.string().optional(),
      title: z.string().optional(),
      subject: z.string().optional(),
    }),
    execute,
  }),
  tool({
    name: "package-tracker",
    description: "Track a parcel",
    inputSchema: z.object({ trackingNumber: z.string().describe("for example RB123456789RU") }),
    execute,
  }),
  plain(
    "smart_plug",
    "Включает и выключает розетку",
    { device: { type: "string", description: "название прибора" }, state: { enum: ["on", "off"] } },
    ["device", "state"],
  ),
  tool({
    name: "tipCalculator",
    description: "Computes the tip for a restaurant bill",
    inputSchema: z.object({ bill: z.number(), percent: z.number().default(10), people: z.number().int().default(1) }),
    execute,
  }),
  tool({
    name: "add_contact",
    description: "Adds a person to the address book",
    inputSchema: z.object({ name: z.string(), phone: z.string().optional(), email: z.email().optional() }),
    execute,
  }),
  plain(
    "sunrise_sunset",
    "Sunrise and sunset times",
    { city: { type: "string" }, date: { type: "string", format: "date" } },
    ["city"],
  ),
  tool({
    name: "encodeText",
    description: "Encodes or decodes text",
    inputSchema: z.object({
      text: z.string(),
      algorithm: z.enum(["base64", "rot13", "morse"]),
      direction: z.enum(["encode", "decode"]).default("encode"),
    }),
    execute,
  }),
  tool({
    name: "vote",
    description: "Casts a vote in a poll",
    inputSchema: z.object({ pollId: z.number().int(), option: z.string() }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  ["find books by Tolstoy", "library_search", { author: "Tolstoy" }],
  ['do you have the book "Dead Souls"?', "library_search", { title: "Dead Souls" }],
  ["search the library for the author Jane Austen", "library_search", { author: "Jane Austen" }],
  ["найди книги автора Чехов", "library_search", { author: "Чехов" }],
  ["есть ли в библиотеке книга «Идиот»?", "library_search", { title: "Идиот" }],
  ["where is my parcel RB123456789RU?", "package-tracker", { trackingNumber: "RB123456789RU" }],
  ["track LX555000111DE", "package-tracker", { trackingNumber: "LX555000111DE" }],
  ["отследи посылку EE987654321CN", "package-tracker", { trackingNumber: "EE987654321CN" }],
  ["где моя посылка RA000111222RU", "package-tracker", { trackingNumber: "RA000111222RU" }],
  ["has the package ZZ100 arrived yet?", "package-tracker", { trackingNumber: "ZZ100" }],
  ["включи чайник", "smart_plug", { device: "чайник", state: "on" }],
  ["выключи обогреватель", "smart_plug", { device: "обогреватель", state: "off" }],
  ["turn off the heater", "smart_plug", { device: "heater", state: "off" }],
  ["switch on the coffee machine", "smart_plug", { device: "coffee machine", state: "on" }],
  ["выключи, пожалуйста, телевизор", "smart_plug", { device: "телевизор", state: "off" }],
  ["tip for a bill of 84.50", "tipCalculator", { bill: 84.5 }],
  ["how much tip should I leave on a 120 dollar bill at 15%?", "tipCalculator", { bill: 120, percent: 15 }],
  ["чаевые со счёта 3000 рублей, 10 процентов", "tipCalculator", { bill: 3000, percent: 10 }],
  ["split a tip of 20% on 250 between 4 people", "tipCalculator", { bill: 250, percent: 20, people: 4 }],
  ["посчитай чаевые на 5400, нас трое", "tipCalculator", { bill: 5400, people: 3 }],
  ["add contact John Smith, phone +1 555 010 9999", "add_contact", { name: "John Smith", phone: "+1 555 010 9999" }],
  ["save Kate kate@mail.com to my contacts", "add_contact", { name: "Kate", email: "kate@mail.com" }],
  ["добавь контакт Олег +7 900 123-45-67", "add_contact", { name: "Олег", phone: "+7 900 123-45-67" }],
  ["новый контакт: Мария Иванова, maria@corp.ru", "add_contact", { name: "Мария Иванова", email: "maria@corp.ru" }],
  ["add a person named Bob to the address book", "add_contact", { name: "Bob" }],
  ["when does the sun rise in Oslo tomorrow?", "sunrise_sunset", { city: "Oslo", date: "2026-11-23" }],
  ["sunset in Lisbon", "sunrise_sunset", { city: "Lisbon" }],
  ["во сколько закат в Сочи?", "sunrise_sunset", { city: "Сочи" }],
  ["восход в Мурманске 1 июня", "sunrise_sunset", { city: "Мурманск", date: "2027-06-01" }],
  ["what time is sunrise in Cairo on 2026-12-25", "sunrise_sunset", { city: "Cairo", date: "2026-12-25" }],
  ["encode hello in base64", "encodeText", { text: "hello", algorithm: "base64", direction: "encode" }],
  ['decode "aGk=" from base64', "encodeText", { text: "aGk=", algorithm: "base64", direction: "decode" }],
  ["закодируй «привет» в base64", "encodeText", { text: "привет", algorithm: "base64", direction: "encode" }],
  ["vote for pizza in poll 12", "vote", { pollId: 12, option: "pizza" }],
  ['in poll 7 I vote "yes"', "vote", { pollId: 7, option: "yes" }],
  ["проголосуй в опросе 3 за вариант «Б»", "vote", { pollId: 3, option: "Б" }],
  ["The sun is beautiful today"],
  ["What a day!"],
  ["Мне нужна помощь"],
];
