// The reference: what a careful person writes by hand for this server, with undici and nothing else, and no error handling.
import { request } from "undici";
import type { Contestant } from "./contestant.ts";

type Call = { id: string; type: "function"; function: { name: string; arguments: string } };
type Message = { role: string; content: string | null; tool_calls?: Call[]; tool_call_id?: string };
type Delta = {
  content?: string;
  tool_calls?: { index: number; id?: string; function: { name?: string; arguments: string } }[];
};
type Chunk = { choices: { delta: Delta }[] };

export function contestant(baseURL: string): Contestant {
  return {
    async answer(model, onText) {
      return (await reply(baseURL, { model, messages: [{ role: "user", content: "Go on." }] }, onText)).content ?? "";
    },
    async runAgent(model) {
      const [{ lookup }, { z }] = await Promise.all([import("./lookup-tool.ts"), import("zod")]);
      const schema = lookup.makeSchema();
      const { name, description } = lookup;
      const tools = [{ type: "function", function: { name, description, parameters: z.toJSONSchema(schema) } }];
      const messages: Message[] = [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Look it up." },
      ];
      for (;;) {
        const message = await reply(baseURL, { model, messages, tools });
        messages.push(message);
        if (!message.tool_calls) return message.content ?? "";
        for (const { id, function: called } of message.tool_calls) {
          const content = lookup.execute(schema.parse(JSON.parse(called.arguments)));
          messages.push({ role: "tool", tool_call_id: id, content });
        }
      }
    },
  };
}

async function reply(baseURL: string, asked: object, onText?: () => void): Promise<Message> {
  const { statusCode, body } = await request(`${baseURL}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer key" },
    body: JSON.stringify({ ...asked, stream: true, stream_options: { include_usage: true } }),
  });
  if (statusCode !== 200) throw new Error(await body.text());
  let text = "";
  const calls: Call[] = [];
  const take = ({ choices }: Chunk) => {
    const delta = choices[0]?.delta;
    if (delta?.content) {
      text += delta.content;
      onText?.();
    }
    for (const { index, id = "", function: piece } of delta?.tool_calls ?? []) {
      calls[index] ??= { id, type: "function", function: { name: piece.name ?? "", arguments: "" } };
      calls[index].function.arguments += piece.arguments;
    }
  };
  let rest: Buffer = Buffer.alloc(0);
  for await (const bytes of body) rest = takeLines(rest.length > 0 ? Buffer.concat([rest, bytes]) : bytes, take);
  return { role: "assistant", content: text || null, ...(calls.length > 0 && { tool_calls: calls }) };
}

/** Gives back the bytes after the last whole line. */
function takeLines(bytes: Buffer, take: (chunk: Chunk) => void): Buffer {
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    // "data: {"; blank lines and [DONE] begin otherwise.
    if (bytes[start + 6] === 123) take(JSON.parse(bytes.toString("utf8", start + 6, end)));
    start = end + 1;
  }
  return bytes.subarray(start);
}
