// The reference: what a careful person writes for one server over p-queue and undici, when nothing may go wrong.
import { writeFile } from "node:fs/promises";
import { askByUndici } from "./ask-by-undici.ts";
import { measured } from "./measured.ts";
import { queuedRows } from "./queued-rows.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);

await measured(async () => {
  const answers: string[] = [];
  const rows = await queuedRows(dataset, Number(concurrency), async (row, number) => {
    answers[number] = JSON.stringify({ ...row, ...(await askByUndici(url, row.prompt)) });
  });
  await writeFile(output, answers.join("\n"));
  return rows;
});
