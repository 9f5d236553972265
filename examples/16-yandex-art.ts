// A picture by YandexART, written to a file. Without a key it comes from a fake of the service, which paints all in one grey:
// set YC_API_KEY and YC_FOLDER_ID for a real one.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeThrown } from "@beseda/core";
import { yandexArt } from "@beseda/providers/yandex";
import { yandexOrFake } from "../test/fakes/yandex/yandex-or-fake.ts";

const { connection, close } = await yandexOrFake();
const art = yandexArt({ connection });

// Parts of a prompt can matter more or less. The same seed and prompt give the same picture.
const image = await art.generate(
  {
    prompt: [{ text: "a samovar on a snowy veranda, watercolour", weight: 2 }, { text: "a ginger cat beside it" }],
    seed: 42,
    aspectRatio: "16:9",
  },
  // Keep the id where the picture must not be lost: art.operations.poll(id) finds it again from any process.
  { onProgress: ({ id, done }) => console.log(`${id.slice(0, 3)}…: ${done ? "done" : "being painted"}`) },
);
const file = join(mkdtempSync(join(tmpdir(), "beseda-")), "samovar.jpg");
writeFileSync(file, image.bytes);
console.log(`${image.mediaType}, ${image.bytes.length} bytes, in ${file}`);

// What the service would refuse is told before anything is sent, and paid for.
const tooLong = await art.generate({ prompt: "a cat ".repeat(84) }).catch(describeThrown);
console.log(tooLong);
await close();
