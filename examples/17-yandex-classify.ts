// What a text is about, and which texts are about the same, with Yandex AI Studio. Without a key a fake of the service
// answers, which goes by words alone: set YC_API_KEY and YC_FOLDER_ID for the real one.
import { yandexClassifier, yandexEmbeddings, yandexTokenizer } from "@beseda/providers/yandex";
import { yandexOrFake } from "../test/fakes/yandex/yandex-or-fake.ts";

const { connection, close } = await yandexOrFake();

// Labels are all it needs; samples make it surer. A tuned classifier (`model: "…@tamr…"`) needs neither.
const classifier = yandexClassifier({
  connection,
  task: "What does the customer of a shop write about?",
  labels: ["delivery", "payment", "praise"],
  samples: [
    { text: "Where is my parcel?", label: "delivery" },
    { text: "The card was charged twice", label: "payment" },
    { text: "Thank you, a wonderful shop!", label: "praise" },
  ],
});
for (const text of ["My parcel has not come", "You charged my card, but why?"]) {
  const { label, confidence } = await classifier.classify(text);
  console.log(`${text} → ${label} (${confidence.toFixed(2)})`);
}

// Found by meaning: the passage whose vector is nearest to that of the question.
const passages = ["We repair samovars in three days.", "Delivery to Kazan is free.", "The shop opens at nine."];
const embeddings = yandexEmbeddings({ connection });
const { embeddings: stored } = await embeddings.embed(passages);
const { embeddings: asked } = await embeddings.embed(["When is the shop open?"], { purpose: "query" });
const nearness = stored.map((vector) => vector.reduce((sum, each, at) => sum + each * (asked[0]?.[at] ?? 0), 0));
console.log(`nearest: ${passages[nearness.indexOf(Math.max(...nearness))]}`);

// What a text is to the model, which is what is paid for.
const tokens = await yandexTokenizer("yandexgpt/latest", { connection }).tokenize("Добрый день!");
console.log(`${tokens.length} tokens: ${tokens.map(({ text }) => text).join("|")}`);
await close();
