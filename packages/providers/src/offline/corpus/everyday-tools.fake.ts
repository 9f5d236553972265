// Tools as strangers write them, for the tests: in three spellings, two languages, with descriptions and without.
import { type Tool, tool } from "@beseda/core";
import { z } from "zod";
import { plainTool as plain } from "./plain-tool.fake.ts";

const execute = () => "";

const zodTools = [
  tool({
    name: "get_weather",
    description: "Get the current weather for a city",
    inputSchema: z.object({ city: z.string(), units: z.enum(["celsius", "fahrenheit"]).optional() }),
    execute,
  }),
  tool({
    name: "order_lookup",
    description: "Looks up where an order is, by its number",
    inputSchema: z.object({ orderNumber: z.string().describe("such as A-1042") }),
    execute,
  }),
  tool({
    name: "convertUnits",
    description: "Converts a value from one unit of measure to another",
    inputSchema: z.object({ value: z.number(), from: z.string(), to: z.string() }),
    execute,
  }),
  tool({
    name: "exchange-currency",
    description: "Convert an amount of money between currencies",
    inputSchema: z.object({
      amount: z.number(),
      from: z.string().describe("ISO 4217 code, such as USD"),
      to: z.string().describe("ISO 4217 code"),
    }),
    execute,
  }),
  tool({
    name: "sendEmail",
    description: "Sends an e-mail",
    inputSchema: z.object({ to: z.email(), subject: z.string().optional(), body: z.string() }),
    execute,
  }),
  tool({
    name: "translate_text",
    description: "Translate text into another language",
    inputSchema: z.object({ text: z.string(), targetLanguage: z.string().describe("Language code, e.g. en, fr") }),
    execute,
  }),
  tool({
    name: "addTodo",
    description: "Adds a task to the to-do list",
    inputSchema: z.object({
      title: z.string(),
      priority: z.enum(["low", "medium", "high"]).default("medium"),
      due: z.iso.date().optional(),
    }),
    execute,
  }),
  tool({ name: "listTodos", description: "Shows all tasks of the to-do list", inputSchema: z.object({}), execute }),
  tool({
    name: "create_reminder",
    description: "Создаёт напоминание на указанное время",
    inputSchema: z.object({ text: z.string().describe("о чём напомнить"), at: z.iso.datetime().describe("когда") }),
    execute,
  }),
  tool({
    name: "rollDice",
    description: "Rolls dice",
    inputSchema: z.object({ count: z.number().int().default(1), sides: z.number().int().default(6) }),
    execute,
  }),
  tool({
    name: "country_info",
    description: "Returns facts about a country: capital, population, currency, area",
    inputSchema: z.object({ country: z.string() }),
    execute,
  }),
  tool({
    name: "stockPrice",
    description: "Latest price of a stock",
    inputSchema: z.object({ symbol: z.string().describe("Ticker symbol, such as AAPL") }),
    execute,
  }),
] as unknown as Tool[];

const jsonTools: Tool[] = [
  plain(
    "search_products",
    "Searches the product database",
    {
      query: { type: "string" },
      filters: {
        type: "object",
        properties: { maxPrice: { type: "number" }, category: { enum: ["books", "toys", "garden"] } },
      },
      limit: { type: "integer", default: 10 },
    },
    ["query"],
  ),
  plain(
    "book-table",
    "Забронировать столик в ресторане",
    {
      restaurant: { type: "string", description: "название ресторана" },
      guests: { type: "integer", description: "число гостей" },
      date: { type: "string", format: "date" },
      time: { type: "string", description: "HH:MM" },
    },
    ["restaurant", "guests", "date", "time"],
  ),
  plain("evaluate", "Evaluates an arithmetic expression", { expression: { type: "string" } }, ["expression"]),
  plain(
    "world_time",
    "Tells the current time in a time zone",
    { timeZone: { type: "string", description: "IANA name, such as Europe/Moscow" } },
    ["timeZone"],
  ),
  plain(
    "lights",
    "Switches the light in a room on or off",
    { room: { enum: ["kitchen", "bedroom", "bathroom"] }, on: { type: "boolean" } },
    ["room", "on"],
  ),
  plain("open_page", "Reads a web page", { url: { type: "string", format: "uri" } }, ["url"]),
  plain("random_number", "Picks a random number", { min: { type: "integer" }, max: { type: "integer" } }, [
    "min",
    "max",
  ]),
  plain("shopping_add", "Puts products on the shopping list", { items: { type: "array", items: { type: "string" } } }, [
    "items",
  ]),
];

export const everydayTools: readonly Tool[] = [...zodTools, ...jsonTools];
