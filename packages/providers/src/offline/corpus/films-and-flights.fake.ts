// Films, timers, flights, passwords, recipes, tickets, news: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({
    name: "movie_details",
    description: "Find details about a film: director, year, rating",
    inputSchema: z.object({ title: z.string().describe("Movie title"), year: z.number().int().optional() }),
    execute,
  }),
  tool({
    name: "set-timer",
    description: "Start a countdown timer",
    inputSchema: z.object({ seconds: z.number().int().positive(), label: z.string().optional() }),
    execute,
  }),
  tool({
    name: "searchFlights",
    description: "Search for flights between two cities",
    inputSchema: z.object({
      origin: z.string(),
      destination: z.string(),
      date: z.iso.date(),
      passengers: z.number().int().default(1),
    }),
    execute,
  }),
  tool({
    name: "generate_password",
    description: "Generates a random password",
    inputSchema: z.object({
      length: z.number().int().min(4).max(64).default(16),
      includeSymbols: z.boolean().default(true),
    }),
    execute,
  }),
  tool({
    name: "recipe_finder",
    description: "Ищет рецепты по продуктам",
    inputSchema: z.object({
      ingredients: z.array(z.string()).describe("продукты"),
      vegetarian: z.boolean().optional(),
    }),
    execute,
  }),
  tool({
    name: "calcBmi",
    description: "Body mass index from weight and height",
    inputSchema: z.object({ weightKg: z.number(), heightCm: z.number() }),
    execute,
  }),
  tool({
    name: "create_ticket",
    description: "Create a support ticket",
    inputSchema: z.object({
      title: z.string(),
      severity: z.enum(["low", "normal", "critical"]).optional(),
      customer: z.object({ email: z.email() }),
    }),
    execute,
  }),
  tool({
    name: "news",
    description: "Latest headlines",
    inputSchema: z.object({
      category: z.enum(["sports", "politics", "technology", "business"]).optional(),
      count: z.number().int().optional(),
    }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  ["Who directed Inception?", "movie_details", { title: "Inception" }],
  ["tell me about the movie The Matrix from 1999", "movie_details", { title: "The Matrix", year: 1999 }],
  ["what's the rating of Interstellar", "movie_details", { title: "Interstellar" }],
  ["кто снял фильм Сталкер?", "movie_details", { title: "Сталкер" }],
  ["расскажи про фильм «Брат 2»", "movie_details", { title: "Брат 2" }],
  ["set a timer for 5 minutes", "set-timer", { seconds: 300 }],
  ["timer 90 seconds", "set-timer", { seconds: 90 }],
  ["поставь таймер на 10 минут", "set-timer", { seconds: 600 }],
  ["засеки полторы минуты", "set-timer", { seconds: 90 }],
  ["start a 2 hour timer called laundry", "set-timer", { seconds: 7200, label: "laundry" }],
  [
    "find flights from Moscow to Istanbul on December 5",
    "searchFlights",
    { origin: "Moscow", destination: "Istanbul", date: "2026-12-05" },
  ],
  [
    "flights London - Paris tomorrow for 2 passengers",
    "searchFlights",
    { origin: "London", destination: "Paris", date: "2026-11-23", passengers: 2 },
  ],
  [
    "найди рейсы из Казани в Сочи на 3 января",
    "searchFlights",
    { origin: "Казань", destination: "Сочи", date: "2027-01-03" },
  ],
  [
    "хочу улететь из Питера в Калининград послезавтра",
    "searchFlights",
    { origin: "Питер", destination: "Калининград", date: "2026-11-24" },
  ],
  [
    "I need to fly to Rome from Berlin next Monday",
    "searchFlights",
    { origin: "Berlin", destination: "Rome", date: "2026-11-23" },
  ],
  ["generate a password", "generate_password", {}],
  ["make me a 20 character password without symbols", "generate_password", { length: 20, includeSymbols: false }],
  ["придумай пароль длиной 12 символов", "generate_password", { length: 12 }],
  ["сгенерируй надёжный пароль", "generate_password", {}],
  ["I need a new password, 32 chars", "generate_password", { length: 32 }],
  ["что приготовить из курицы и риса?", "recipe_finder", { ingredients: ["курицы", "риса"] }],
  ["найди рецепт: картошка, лук, грибы", "recipe_finder", { ingredients: ["картошка", "лук", "грибы"] }],
  ["what can I cook with eggs, cheese and spinach?", "recipe_finder", { ingredients: ["eggs", "cheese", "spinach"] }],
  [
    "recipe with tofu and broccoli, vegetarian",
    "recipe_finder",
    { ingredients: ["tofu", "broccoli"], vegetarian: true },
  ],
  ["What's my BMI if I weigh 70 kg and am 180 cm tall?", "calcBmi", { weightKg: 70, heightCm: 180 }],
  ["посчитай имт: рост 175, вес 68", "calcBmi", { weightKg: 68, heightCm: 175 }],
  ["bmi for 82 kilos and 190 cm", "calcBmi", { weightKg: 82, heightCm: 190 }],
  [
    'create a critical ticket "Site is down" for ops@corp.com',
    "create_ticket",
    { title: "Site is down", severity: "critical", customer: { email: "ops@corp.com" } },
  ],
  [
    "open a support ticket titled Printer broken, customer ann@mail.com",
    "create_ticket",
    { title: "Printer broken", customer: { email: "ann@mail.com" } },
  ],
  [
    "заведи обращение «Не работает оплата» от клиента ivan@ya.ru",
    "create_ticket",
    { title: "Не работает оплата", customer: { email: "ivan@ya.ru" } },
  ],
  ["what's in the news?", "news", {}],
  ["latest sports headlines", "news", { category: "sports" }],
  ["show me 3 technology news", "news", { category: "technology", count: 3 }],
  ["новости политики", "news", { category: "politics" }],
  ["последние новости", "news", {}],
  ["что нового в спорте?", "news", { category: "sports" }],
  ["I watched a movie yesterday"],
  ["How was your flight?"],
  ["Мне грустно"],
];
