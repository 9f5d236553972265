// Distances, words, calendars, payments, music, holidays, people, heating: written without a look at the rules, to see how far they reach.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import type { Utterance } from "./utterance.fake.ts";

const execute = () => "";
export const tools = [
  tool({
    name: "distance_between",
    description: "Driving distance between two places",
    inputSchema: z.object({ from: z.string(), to: z.string(), unit: z.enum(["km", "mi"]).optional() }),
    execute,
  }),
  tool({
    name: "defineWord",
    description: "Dictionary definition of a word",
    inputSchema: z.object({ word: z.string() }),
    execute,
  }),
  tool({
    name: "calendar-create-event",
    description: "Create an event in the calendar",
    inputSchema: z.object({
      title: z.string(),
      date: z.iso.date(),
      startTime: z.string().optional().describe("HH:MM"),
      attendees: z.array(z.email()).optional(),
    }),
    execute,
  }),
  tool({
    name: "transfer_money",
    description: "Переводит деньги другому человеку",
    inputSchema: z.object({
      recipient: z.string().describe("имя получателя"),
      amount: z.number().positive(),
      currency: z.enum(["RUB", "USD", "EUR"]).default("RUB"),
      comment: z.string().optional(),
    }),
    execute,
  }),
  tool({
    name: "playMusic",
    description: "Play a song, an album or an artist",
    inputSchema: z.object({ query: z.string(), volume: z.number().int().min(0).max(100).optional() }),
    execute,
  }),
  tool({
    name: "holiday_list",
    description: "Public holidays of a country in a year",
    inputSchema: z.object({ countryCode: z.string().length(2), year: z.number().int() }),
    execute,
  }),
  tool({
    name: "employee_search",
    description: "Find employees in the company directory",
    inputSchema: z.object({
      name: z.string().optional(),
      department: z.enum(["sales", "engineering", "hr"]).optional(),
    }),
    execute,
  }),
  tool({
    name: "set_thermostat",
    description: "Sets the target temperature at home",
    inputSchema: z.object({
      degrees: z.number(),
      room: z.string().optional(),
      mode: z.enum(["heat", "cool", "auto"]).optional(),
    }),
    execute,
  }),
] as unknown as readonly Tool[];

export const utterances: readonly Utterance[] = [
  ["How far is it from Berlin to Munich?", "distance_between", { from: "Berlin", to: "Munich" }],
  ["distance between Paris and Lyon in km", "distance_between", { from: "Paris", to: "Lyon", unit: "km" }],
  ["сколько километров от Москвы до Твери", "distance_between", { from: "Москва", to: "Тверь", unit: "km" }],
  ["расстояние между Казанью и Самарой", "distance_between", { from: "Казань", to: "Самара" }],
  ["How many miles is Boston from New York?", "distance_between", { from: "New York", to: "Boston", unit: "mi" }],
  ["define serendipity", "defineWord", { word: "serendipity" }],
  ["What does ubiquitous mean?", "defineWord", { word: "ubiquitous" }],
  ["что значит слово «эмпатия»?", "defineWord", { word: "эмпатия" }],
  ["дай определение слова энтропия", "defineWord", { word: "энтропия" }],
  ["look up the word petrichor", "defineWord", { word: "petrichor" }],
  [
    "create an event Team lunch on Friday at 13:00",
    "calendar-create-event",
    { title: "Team lunch", date: "2026-11-27", startTime: "13:00" },
  ],
  [
    'schedule a meeting "Budget review" tomorrow at 10am with ann@corp.com and bob@corp.com',
    "calendar-create-event",
    { title: "Budget review", date: "2026-11-23", startTime: "10:00", attendees: ["ann@corp.com", "bob@corp.com"] },
  ],
  [
    "добавь в календарь событие День рождения Маши на 5 декабря",
    "calendar-create-event",
    { title: "День рождения Маши", date: "2026-12-05" },
  ],
  [
    "назначь встречу «Планёрка» на завтра в 11:30",
    "calendar-create-event",
    { title: "Планёрка", date: "2026-11-23", startTime: "11:30" },
  ],
  [
    "put dentist appointment in my calendar for December 3",
    "calendar-create-event",
    { title: "dentist appointment", date: "2026-12-03" },
  ],
  ["переведи 500 рублей Ивану", "transfer_money", { recipient: "Ивану", amount: 500, currency: "RUB" }],
  ["send 20 dollars to Kate", "transfer_money", { recipient: "Kate", amount: 20, currency: "USD" }],
  ["transfer 100 EUR to John Smith", "transfer_money", { recipient: "John Smith", amount: 100, currency: "EUR" }],
  ["отправь Марии 1500", "transfer_money", { recipient: "Марии", amount: 1500 }],
  ["play Yesterday by the Beatles", "playMusic", { query: "Yesterday by the Beatles" }],
  ["включи песню Группа крови", "playMusic", { query: "Группа крови" }],
  ["поставь музыку Чайковского на громкости 30", "playMusic", { query: "Чайковского", volume: 30 }],
  ["play some jazz at volume 40", "playMusic", { query: "jazz", volume: 40 }],
  ["I want to listen to Queen", "playMusic", { query: "Queen" }],
  ["public holidays in Germany in 2027", "holiday_list", { countryCode: "DE", year: 2027 }],
  ["какие праздники в России в 2026 году?", "holiday_list", { countryCode: "RU", year: 2026 }],
  ["list the holidays of Japan for 2025", "holiday_list", { countryCode: "JP", year: 2025 }],
  ["find employee Anna Petrova", "employee_search", { name: "Anna Petrova" }],
  ["who works in sales?", "employee_search", { department: "sales" }],
  ["найди сотрудника по имени Олег", "employee_search", { name: "Олег" }],
  ["show the people of the hr department", "employee_search", { department: "hr" }],
  ["set the temperature to 22 degrees", "set_thermostat", { degrees: 22 }],
  ["сделай 24 градуса в спальне", "set_thermostat", { degrees: 24, room: "спальне" }],
  ["heat the living room to 21", "set_thermostat", { degrees: 21, room: "living room", mode: "heat" }],
  ["установи температуру 19,5", "set_thermostat", { degrees: 19.5 }],
  ["thermostat to 18.5 in the office please", "set_thermostat", { degrees: 18.5, room: "office" }],
  ["I had a wonderful holiday"],
  ["Tell me something nice"],
  ["Как прошёл твой день?"],
  ["музыка — это здорово"],
];
