// The reference: what a careful person writes by hand for this server, with undici and nothing else, and no error handling.
import { request } from "undici";
import type { BenchTool, Contestant, OnText } from "./contestant.ts";

type Call = { id: string; type: "function"; function: { name: string; arguments: string } };
type Message = { role: string; content: string | null; tool_calls?: Call[]; tool_call_id?: string };
type Delta = {
  content?: string;
  tool_calls?: { index: number; id?: string; function: { name?: string; arguments: string } }[];
};
type Chunk = { choices: { delta: Delta }[] };

export default async function create({ baseURL, apiKey }: { baseURL: string; apiKey: string }): Promise<Contestant> {
  const send = async (asked: object) => {
    const { statusCode, body } = await request(`${baseURL}/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${apiKey}` },
      body: JSON.stringify(asked),
    });
    if (statusCode !== 200) throw new Error(await body.text());
    return body;
  };
  const streamed = async (asked: object, onText?: OnText) =>
    reply(await send({ ...asked, stream: true, stream_options: { include_usage: true } }), onText);
  const whole = async (asked: object) => {
    const { choices } = (await (await send({ ...asked, stream: false })).json()) as { choices: { message: Message }[] };
    return choices[0]?.message as Message;
  };
  const streamText: Contestant["streamText"] = async ({ model, prompt, onText }) => {
    const { content } = await streamed({ model, messages: [{ role: "user", content: prompt }] }, onText);
    return { text: content ?? "" };
  };
  return {
    streamText,
    streamParts: streamText,
    async runAgent({ model, system, prompt, tools, maxSteps, stream, onText }) {
      const { z } = await import("zod");
      const known = new Map(tools.map((tool) => [tool.name, { tool, schema: tool.schema(z) }]));
      const told = [...known.values()].map(({ tool: { name, description }, schema }) => ({
        type: "function",
        function: { name, description, parameters: z.toJSONSchema(schema) },
      }));
      const messages: Message[] = [
        { role: "system", content: system },
        { role: "user", content: prompt },
      ];
      for (let step = 0; step < maxSteps; step += 1) {
        const asked = { model, messages, tools: told };
        const message = stream ? await streamed(asked, onText) : await whole(asked);
        messages.push(message);
        if (!message.tool_calls) return { text: message.content ?? "" };
        messages.push(...(await Promise.all(message.tool_calls.map((call) => answered(call, known)))));
      }
      throw new Error("too many steps");
    },
    async conversation({ model, system, history }) {
      const messages: Message[] = [{ role: "system", content: system }, ...history];
      return {
        async send(text, onText) {
          messages.push({ role: "user", content: text });
          const message = await streamed({ model, messages }, onText);
          messages.push(message);
          return { text: message.content ?? "" };
        },
      };
    },
  };
}

type Known = ReadonlyMap<string, { tool: BenchTool; schema: ReturnType<BenchTool["schema"]> }>;

async function answered({ id, function: called }: Call, known: Known): Promise<Message> {
  const { tool, schema } = known.get(called.name) ?? {};
  const content = await tool?.execute(schema?.parse(JSON.parse(called.arguments)));
  return { role: "tool", tool_call_id: id, content: content ?? "" };
}

async function reply(body: AsyncIterable<Buffer>, onText?: OnText): Promise<Message> {
  let text = "";
  const calls: Call[] = [];
  const take = ({ choices }: Chunk) => {
    const delta = choices[0]?.delta;
    if (delta?.content) {
      text += delta.content;
      onText?.(delta.content);
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
