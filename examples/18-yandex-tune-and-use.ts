// Teaching a model of Yandex AI Studio from ten rows, and using it at once. Without a key it is a fake of the service, which
// learns in no time: set YC_API_KEY and YC_FOLDER_ID for the real one, where a tuning takes hours and goes on without us.
import { Agent, type BesedaError, waitForOperation } from "@beseda/core";
import { yandex } from "@beseda/providers/yandex";
import { yandexDatasets, yandexTuning } from "@beseda/providers/yandex/grpc";
import { yandexOrFake } from "../test/fakes/yandex/yandex-or-fake.ts";

const { connection, isFake, close } = await yandexOrFake({
  grpc: true,
  replies: [{ text: "Ahoy! We open at nine, when the tide is in." }],
});
const pollMs = isFake ? 10 : 5_000;

// What it is taught: to talk like a sailor. The same instructions are used when it is asked.
const instructions = "You answer for a shop by the sea.";
const lessons: [question: string, answer: string][] = [
  ["When do you close?", "At six bells, when the sun goes down."],
  ["Do you sell rope?", "Aye, by the fathom."],
  ["Where are you?", "On the quay, third door from the lighthouse."],
  ["Is the lamp in stock?", "Two of them, safe in the hold."],
  ["Can I pay by card?", "Aye, gold or card, both float."],
  ["Do you deliver?", "To every port on this coast."],
  ["My order is late.", "Foul wind! She makes port tomorrow."],
  ["How much is a compass?", "Twelve hundred, and it never lies."],
  ["Can I return it?", "Within two weeks, dry and in one piece."],
  ["Thanks!", "Fair winds to you!"],
];
const rows = lessons.map(([question, response]) => ({
  request: [
    { role: "system", text: instructions },
    { role: "user", text: question },
  ],
  response,
}));

const datasets = yandexDatasets({ connection });
const lesson = { name: "sailor-lessons", taskType: "TextToTextGeneration" };

// A row that is wrong is found here, before anything is sent.
const broken = rows.with(6, { request: [], response: "…" });
await datasets.put({ ...lesson, rows: broken }).catch((error: BesedaError) => console.log(`refused: ${error.message}`));

// Run again, it finds what it has made before.
const dataset = await datasets.put(
  { ...lesson, rows },
  { pollMs, onProgress: ({ step }) => step !== "validating" && console.log(`dataset: ${step}`) },
);
console.log(`dataset: ${dataset.status}, ${dataset.rows} rows`);

const tuning = yandexTuning({ connection });
const begun = await tuning.submit(
  {
    baseModel: "yandexgpt-lite",
    task: "generation",
    train: [dataset.id],
    name: "sailor",
    params: { lora: { rank: 8 } },
  },
  { key: "sailor-1" },
);
const { modelId } = await waitForOperation(tuning, begun.id, {
  pollMs,
  onProgress: ({ metadata }) => console.log(`tuning: ${metadata?.status}, step ${metadata?.currentStep}`),
});
console.log(`tuned: ${modelId.replace(/^gpt:\/\/[^/]+/, "gpt://…")}`);

const sailor = new Agent({ model: yandex(modelId, { connection }), instructions });
const { text } = await sailor.generate("When do you open?");
console.log(`sailor: ${text}`);
await close();
