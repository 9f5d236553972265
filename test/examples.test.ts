// Every example runs as a user runs it, without any key, and ends by itself.
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** What the output of an example holds, in this order. */
const expected: Record<string, (string | RegExp)[]> = {
  "01-hello.ts": [/Tver.*21/],
  "02-tools.ts": ["asking the warehouse", '"result":597', "on its way", "There is no order B-7"],
  "03-memory.ts": ["[monday] My name is Ann.", "Your name is Ann.", "[friday]", "nuts"],
  "04-chain-of-thought.ts": ["thinking: ", /answer: .*391/],
  "05-your-own-model.ts": ["Polly wants a cracker", "✓ "],
  "06-telegram.ts": [
    "TELEGRAM_BOT_TOKEN is not set",
    "Anna: /start",
    /Beseda: Hello! .*\/reset/,
    /Beseda: .*391/,
    /Beseda: .*Tokyo/,
    "Boris: Anna, are you coming on Saturday?",
    /↳ Beseda: .*540/,
  ],
  "07-slack.ts": [
    "SLACK_BOT_TOKEN is not set",
    /Beseda: .*391/,
    /Beseda: .*Tokyo/,
    "Boris: Anna, are you coming on Saturday?",
    /↳ Beseda: .*540/,
  ],
  "19-operation.ts": [
    "the first process is asking the warehouse, and is killed",
    "message-1: done false",
    "tool-result order_status",
    "message-1: A-1042 — status: on its way",
    'waiting for refund_order {"orderNumber":"A-1042"}',
    "approved: Order A-1042 is refunded",
    "the reminder is queued",
    "reminded: A-1043",
    "message-1: done",
  ],
  "20-batch-with-tools.ts": [
    /3 rows, about \d+ tokens to read, cost nothing/,
    "3 answered, 0 failed",
    /q1.*A-1042.*on its way.*order_status.*null/,
    /q2.*17 \* 23 = 391.*calculator.*null/,
    "steps: 6 · tools: 3",
    "done already: true",
    "refused: Name another output",
  ],
  "21-batch-in-rounds.ts": [
    "YC_API_KEY is not set",
    "6 rows answered by 3 batches of the service",
    "A rope: 400 roubles, 1000 grams.",
    "A flag: 400 roubles, 1000 grams.",
  ],
  "11-fallback-and-retries.ts": [
    "Bot: Half past nine",
    "asked 2 times",
    "(test-model gave up: unavailable; now asking offline)",
    "Bot: You are welcome!",
    "asked 3 times",
  ],
  "12-record-and-replay.ts": [
    "record: We open at nine.",
    "replay: We open at nine.",
    "misses: 0",
    /replay: .*differs first at body\.messages\[0\]\.content: .*open.*close/,
    "misses: 1",
    "holds the key: false",
  ],
  "13-evals.ts": [
    "shop, 5 cases",
    /✓ Сколько будет 17 \* 23\? +1\.00 +1\.00 +1\.00/,
    /✗ order, in Russian +– +1\.00 +0\.50/,
    "There is English in an answer",
    "4 of 5 passed",
    '"means":{"exact":1,"toolCall":1,"language":0.9',
    /✓ I want a table in Riga for 4 people +1\.00 +1\.00/,
    "1 of 1 passed",
  ],
  "08-approval.ts": [
    'approval [{"toolName":"refund_order"',
    "meanwhile: Hello",
    "approved: Order A-1042 is refunded",
    "does not wait",
  ],
  "09-structured-output.ts": [
    'so far: {"city":"K',
    'so far: {"city":"Kazan","quantity":3}',
    "3 to Kazan",
    "12 в Тверь",
  ],
  "10-sub-agents.ts": [
    "secretary calls accountant",
    "  accountant calls calculator",
    "secretary is done",
    "= 144",
    "= 169",
    "repairs: ",
    "samovar",
  ],
  "14-use-chat.ts": [
    "PORT is not set",
    /tool-calculator .* output-available/,
    /Beseda: .*391/,
    "approval-requested",
    "Ann clicks on Approve",
    /tool-cancel_order .* output-available/,
    /Beseda: .*cancelled/,
  ],
  "15-yandex-chat.ts": [
    "YC_API_KEY is not set",
    'calculator {"expression":"2300 * 17 / 100"}',
    "17% of 2300 is 391.",
    /\d+ tokens, [\d.]+ ₽/,
    "3 to Kazan",
    "later: A samovar",
    /\d+ tokens, [\d.]+ ₽/,
  ],
  "16-yandex-art.ts": [
    "YC_API_KEY is not set",
    "fbv…: being painted",
    "fbv…: done",
    /image\/jpeg, \d+ bytes, in .*samovar\.jpg/,
    "The prompt has 504 characters",
  ],
  "17-yandex-classify.ts": [
    "YC_API_KEY is not set",
    /parcel.*→ delivery \(0\.\d+\)/,
    /card.*→ payment \(0\.\d+\)/,
    "nearest: The shop opens at nine.",
    /\d+ tokens: <s>\|▁Добрый/,
  ],
  "18-yandex-tune-and-use.ts": [
    "YC_API_KEY is not set",
    "refused: Row 7: request has to be a list of messages.",
    "dataset: created",
    "dataset: READY, 10 rows",
    "tuning: IN_PROGRESS",
    /tuned: gpt:\/\/…\/yandexgpt-lite\/latest@tamr/,
    "sailor: Ahoy!",
  ],
  "22-worker-fleet.ts": [
    "One of two workers is killed.",
    "8 of 8 are answered.",
    "count: 7",
    "The other one has stopped when it was told to: 0",
  ],
};

const root = join(import.meta.dirname, "..");
const limitMs = 60_000;

/** What they leave for whoever looks at it, such as pictures and recordings, goes with it. */
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "beseda-examples-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the examples", () => {
  const files = readdirSync(join(root, "examples")).filter((file) => file.endsWith(".ts"));

  it("are those that this test knows what to expect of", () => {
    expect(files.sort()).toEqual(Object.keys(expected).sort());
  });

  it.each(files)("%s runs without a key and ends by itself", { timeout: limitMs + 5_000 }, async (file) => {
    const { output, complaints, exitCode } = await run(file);
    expect({ exitCode, complaints }, output).toEqual({ exitCode: 0, complaints: "" });
    expectInOrder(output, expected[file] ?? []);
  });
});

/** `exitCode` is null where it did not end in time. */
function run(file: string): Promise<{ output: string; complaints: string; exitCode: number | null }> {
  const child = spawn(process.execPath, ["--import", "tsx", join("examples", file)], {
    cwd: root,
    // No key, no token, no setting of the person who runs the tests.
    env: { PATH: process.env.PATH, HOME: folder, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: limitMs,
    killSignal: "SIGKILL",
  });
  let output = "";
  let complaints = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaints += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ output, complaints, exitCode }));
  });
}

function expectInOrder(output: string, lines: readonly (string | RegExp)[]): void {
  let rest = output;
  for (const line of lines) {
    const at = typeof line === "string" ? rest.indexOf(line) : rest.search(line);
    expect(at, `${line} is missing in:\n${rest}`).not.toBe(-1);
    rest = rest.slice(at + 1);
  }
}
