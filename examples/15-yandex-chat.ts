// Yandex AI Studio: a bot with a tool, an answer as an object, and the same model later, at the price of later. Without a
// key it talks to a fake of the service: set YC_API_KEY and YC_FOLDER_ID for the real one.
import { Agent } from "@beseda/core";
import { yandex } from "@beseda/providers/yandex";
import { calculator } from "@beseda/tools";
import { z } from "zod";
import { yandexOrFake } from "../test/fakes/yandex/yandex-or-fake.ts";

const { connection, close } = await yandexOrFake({
  // What the fake says in place of a model.
  replies: [
    { toolCalls: [{ name: "calculator", arguments: { expression: "2300 * 17 / 100" } }] },
    { text: ["17% of 2300 ", "is 391."] },
    { text: JSON.stringify({ city: "Kazan", quantity: 3 }) },
    { text: "A samovar heats water for tea; charcoal or a coil does the heating, and the pot stands on top." },
  ],
});
// Alone, `yandex("yandexgpt/latest")` takes what it needs from the environment.
const model = yandex("yandexgpt/latest", { connection });
const rubles = (cost?: Readonly<Record<string, number>>) => (cost?.RUB === undefined ? "no price" : `${cost.RUB} ₽`);

// Streamed: the service sends the whole text so far again and again; here come the pieces.
const run = new Agent({ model, tools: [calculator()] }).stream("How much is 17% of 2300?");
for await (const part of run.fullStream) {
  if (part.type === "tool-call") console.log(`  ${part.toolName} ${JSON.stringify(part.input)}`);
  if (part.type === "text-delta") process.stdout.write(part.text);
}
const { usage } = await run.result;
console.log(`\n  ${usage.totalTokens} tokens, ${rubles(usage.cost)}`);

// An answer that is held to a schema.
const order = z.object({ city: z.string(), quantity: z.number().int() });
const clerk = new Agent({ model, output: order, instructions: "Take down the order." });
const { output } = await clerk.generate("Deliver 3 samovars to Kazan");
console.log(`${output?.quantity} to ${output?.city}`);

// Every reply of this one is an operation: slower, and cheaper.
const patient = new Agent({ model: yandex("yandexgpt/latest", { connection, via: "async" }) });
const later = await patient.generate("What is a samovar? Answer in one sentence.");
console.log(`later: ${later.text}`);
console.log(`  ${later.usage.totalTokens} tokens, ${rubles(later.usage.cost)}`);
await close();
