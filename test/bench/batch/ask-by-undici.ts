// One request as a careful person sends it for one server.
import { request } from "undici";
import type { Answer } from "./queued-rows.ts";

type Reply = { choices: { message: { content: string }; finish_reason: string }[]; usage: unknown };

export async function askByUndici(url: string, prompt: string): Promise<Answer> {
  const { statusCode, body } = await request(`${url}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer key" },
    body: JSON.stringify({ model: "bench", messages: [{ role: "user", content: prompt }], stream: false }),
  });
  const reply = (await body.json()) as Reply;
  if (statusCode !== 200) throw new Error(`The server answers ${statusCode}.`);
  const [choice] = reply.choices;
  return { response: choice?.message.content, finish_reason: choice?.finish_reason, usage: reply.usage };
}
