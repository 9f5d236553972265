// The process that is killed with an operation under way. It says how far it is, and goes on when it is answered.
// `fork("yandex-operation-child.ts", [<JSON of OperationJob>])`
import { once } from "node:events";
import fs from "node:fs";
import { join } from "node:path";
import { type Operations, waitForOperation } from "@beseda/core";
import { type YandexSettings, yandex, yandexArt } from "@beseda/providers/yandex";
import { question, textOf } from "./yandex-bench.ts";

export type OperationJob = {
  folder: string;
  kind: "text" | "image";
  /** What it does where it has a key and no id: nobody knows whether the service has begun. */
  whenUnknown: "submit again" | "tell";
  settings: YandexSettings;
};

/** `end` is the last one. */
export type Said = { moment: string } | { end: "answer" | "unknown"; answer?: string };

/** Kept before the next step is taken. */
type Kept = { key?: string; id?: string; answer?: string };

const job = JSON.parse(process.argv[2] ?? "") as OperationJob;
const file = join(job.folder, "job.json");
const kept: Kept = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};

function keep(more: Kept): void {
  Object.assign(kept, more);
  const fd = fs.openSync(`${file}.new`, "w");
  fs.writeSync(fd, JSON.stringify(kept));
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  fs.renameSync(`${file}.new`, file);
}

async function moment(moment: string): Promise<void> {
  process.send?.({ moment } satisfies Said);
  await once(process, "message");
}

async function work<Request, Response>(
  operations: Operations<Request, Response> | undefined,
  request: Request,
  read: (response: Response) => string,
): Promise<Said> {
  if (!operations) throw new Error("It has no operations.");
  await moment("started");
  if (kept.answer !== undefined) return { end: "answer", answer: kept.answer };
  if (kept.id === undefined) {
    if (kept.key !== undefined && job.whenUnknown === "tell") return { end: "unknown" };
    if (kept.key === undefined) keep({ key: crypto.randomUUID() });
    await moment("key kept");
    const { id } = await operations.submit(request, { key: kept.key });
    await moment("id in hand");
    keep({ id });
  }
  await moment("id kept");
  const response = await waitForOperation(operations, kept.id ?? "", { pollMs: 1 });
  await moment("answer in hand");
  const answer = read(response);
  keep({ answer });
  await moment("answer kept");
  return { end: "answer", answer };
}

const { kind, settings } = job;
const said =
  kind === "text"
    ? await work(yandex("yandexgpt-lite", settings).operations, question("What is due?"), textOf)
    : await work(yandexArt(settings).operations, { prompt: "a red fox", seed: 7 }, ({ bytes }) => `${bytes.length}`);
process.send?.(said, () => process.disconnect());
