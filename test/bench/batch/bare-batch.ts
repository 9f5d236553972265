// The reference: what a careful person writes for one server over p-queue and undici. Says what a row has cost it.
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import PQueue from "p-queue";
import { request } from "undici";
import { measured } from "./measured.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);

type Reply = { choices: { message: { content: string }; finish_reason: string }[]; usage: unknown };

await measured(async () => {
  const queue = new PQueue({ concurrency: Number(concurrency) });
  const answers: string[] = [];
  let rows = 0;
  for await (const line of createInterface({ input: createReadStream(dataset) })) {
    const row = JSON.parse(line) as { id: number; prompt: string };
    const number = rows++;
    await queue.onSizeLessThan(Number(concurrency));
    void queue.add(async () => {
      const { statusCode, body } = await request(`${url}/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: "Bearer key" },
        body: JSON.stringify({ model: "bench", messages: [{ role: "user", content: row.prompt }], stream: false }),
      });
      const reply = (await body.json()) as Reply;
      if (statusCode !== 200) throw new Error(`The server answers ${statusCode}.`);
      const [choice] = reply.choices;
      answers[number] = JSON.stringify({
        ...row,
        response: choice?.message.content,
        finish_reason: choice?.finish_reason,
        usage: reply.usage,
      });
    });
  }
  await queue.onIdle();
  await writeFile(output, answers.join("\n"));
  return rows;
});
