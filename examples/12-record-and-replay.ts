// A test that speaks to a real service once, and to a file ever after: no key, no network, no money, the same each time.
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, describeThrown } from "@beseda/core";
import { startModelServer, wireRecorder } from "@beseda/core/testing";
import { openaiCompatible } from "@beseda/providers/openai-compatible";

// A server on this machine in place of a real one. In your tests: upstream: "https://api.openai.com/v1".
const service = await startModelServer({ replies: [{ text: ["We open ", "at nine."] }] });
const file = join(mkdtempSync(join(tmpdir(), "beseda-")), "opening-hours.jsonl");

async function ask(question: string): Promise<void> {
  // Records where there is no file, replays where there is one.
  const recorder = await wireRecorder({ upstream: service.url, file });
  const model = openaiCompatible({ baseURL: recorder.url, model: "test-model", apiKey: "sk-0123456789abcdef" });
  const answer = await new Agent({ model }).generate(question).then(({ text }) => text, describeThrown);
  console.log(`${recorder.mode}: ${answer}`);
  console.log(`  misses: ${recorder.misses.length}`);
  await recorder.close();
}

await ask("When do you open?");
await service.close();
await ask("When do you open?");
await ask("When do you close?");
console.log(`the file holds the key: ${readFileSync(file, "utf8").includes("sk-0123")}`);
