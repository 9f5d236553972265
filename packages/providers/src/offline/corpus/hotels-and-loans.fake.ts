// Hotels, hosts, gardens, jokes, matches, cancellations, statistics, loans: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({
    name: "find_hotel",
    description: "Find hotels in a city for given dates",
    inputSchema: z.object({
      city: z.string(),
      checkIn: z.iso.date(),
      checkOut: z.iso.date(),
      maxPricePerNight: z.number().optional(),
    }),
    execute,
  }),
  tool({
    name: "lookup-ip",
    description: "Geolocate an IP address or a domain",
    inputSchema: z.object({ host: z.string() }),
    execute,
  }),
  tool({
    name: "waterPlants",
    description: "Turns the garden sprinklers on",
    inputSchema: z.object({ zone: z.enum(["lawn", "roses", "vegetables"]), minutes: z.number().int().default(10) }),
    execute,
  }),
  tool({
    name: "random_joke",
    description: "Tells a random joke",
    inputSchema: z.object({ topic: z.string().optional() }),
    execute,
  }),
  tool({
    name: "score_lookup",
    description: "Результат последнего матча команды",
    inputSchema: z.object({
      team: z.string().describe("название команды"),
      sport: z.enum(["football", "hockey", "basketball"]).optional(),
    }),
    execute,
  }),
  tool({
    name: "cancelOrder",
    description: "Cancel an order",
    inputSchema: z.object({ order_id: z.string().regex(/^ORD-\d+$/), reason: z.string().optional() }),
    execute,
  }),
  tool({
    name: "text_stats",
    description: "Counts words and characters of a text",
    inputSchema: z.object({ text: z.string() }),
    execute,
  }),
  tool({
    name: "loan_calculator",
    description: "Monthly payment of a loan",
    inputSchema: z.object({
      principal: z.number().describe("loan amount"),
      annualRate: z.number().describe("interest rate, percent a year"),
      years: z.number().int().describe("term in years"),
    }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  [
    "find a hotel in Barcelona from December 10 to December 14",
    "find_hotel",
    { city: "Barcelona", checkIn: "2026-12-10", checkOut: "2026-12-14" },
  ],
  [
    "hotels in Sochi 2027-01-02 to 2027-01-08 under 100 a night",
    "find_hotel",
    { city: "Sochi", checkIn: "2027-01-02", checkOut: "2027-01-08", maxPricePerNight: 100 },
  ],
  [
    "найди гостиницу в Казани с 1 по 5 декабря",
    "find_hotel",
    { city: "Казань", checkIn: "2026-12-01", checkOut: "2026-12-05" },
  ],
  ["нужен отель в Риме на 3-6 января", "find_hotel", { city: "Рим", checkIn: "2027-01-03", checkOut: "2027-01-06" }],
  [
    "I need a room in Vienna from tomorrow till Friday",
    "find_hotel",
    { city: "Vienna", checkIn: "2026-11-23", checkOut: "2026-11-27" },
  ],
  ["where is 8.8.8.8 located?", "lookup-ip", { host: "8.8.8.8" }],
  ["geolocate example.com", "lookup-ip", { host: "example.com" }],
  ["где находится айпи 77.88.55.242", "lookup-ip", { host: "77.88.55.242" }],
  ["what country is the IP 1.1.1.1 from", "lookup-ip", { host: "1.1.1.1" }],
  ["ip address 192.0.2.1", "lookup-ip", { host: "192.0.2.1" }],
  ["water the roses for 15 minutes", "waterPlants", { zone: "roses", minutes: 15 }],
  ["water the lawn", "waterPlants", { zone: "lawn" }],
  ["turn on the sprinklers for the vegetables", "waterPlants", { zone: "vegetables" }],
  ["полей розы", "waterPlants", { zone: "roses" }],
  ["полей газон 20 минут", "waterPlants", { zone: "lawn", minutes: 20 }],
  ["tell me a joke", "random_joke", {}],
  ["tell me a joke about programmers", "random_joke", { topic: "programmers" }],
  ["расскажи анекдот", "random_joke", {}],
  ["расскажи шутку про котов", "random_joke", { topic: "котов" }],
  ["make me laugh", "random_joke", {}],
  ["как сыграл Спартак?", "score_lookup", { team: "Спартак" }],
  ["результат матча команды ЦСКА по хоккею", "score_lookup", { team: "ЦСКА", sport: "hockey" }],
  ["what was the score of the last Arsenal football match?", "score_lookup", { team: "Arsenal", sport: "football" }],
  ["счёт последней игры «Динамо»", "score_lookup", { team: "Динамо" }],
  ["cancel order ORD-991", "cancelOrder", { order_id: "ORD-991" }],
  [
    "please cancel my order ORD-12, reason: found it cheaper",
    "cancelOrder",
    { order_id: "ORD-12", reason: "found it cheaper" },
  ],
  ["отмени заказ ORD-5", "cancelOrder", { order_id: "ORD-5" }],
  ["I don't want ORD-777 any more, cancel it", "cancelOrder", { order_id: "ORD-777" }],
  ["отмените, пожалуйста, мой заказ ORD-40", "cancelOrder", { order_id: "ORD-40" }],
  ['how many words are in "to be or not to be"?', "text_stats", { text: "to be or not to be" }],
  ["count the characters of: hello world", "text_stats", { text: "hello world" }],
  ["сколько слов в тексте «мама мыла раму»?", "text_stats", { text: "мама мыла раму" }],
  ["посчитай символы в строке «абракадабра»", "text_stats", { text: "абракадабра" }],
  [
    "monthly payment on a 200000 loan at 5% for 20 years",
    "loan_calculator",
    { principal: 200000, annualRate: 5, years: 20 },
  ],
  [
    "какой платёж по кредиту 1 млн под 12% на 5 лет?",
    "loan_calculator",
    { principal: 1000000, annualRate: 12, years: 5 },
  ],
  [
    "рассчитай кредит на 500 тысяч рублей на 3 года под 18 процентов",
    "loan_calculator",
    { principal: 500000, annualRate: 18, years: 3 },
  ],
  ["The hotel was lovely"],
  ["Я люблю футбол"],
  ["Nice to meet you"],
];
