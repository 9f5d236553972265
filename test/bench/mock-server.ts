// A model server that costs the same every time: prebuilt answers, one event per HTTP chunk, all written at once.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chunks, toolRounds } from "./contestant.ts";

type Request = { model: string; stream: boolean; messages: { role: string; tool_call_id?: string; content: string }[] };

const base = { id: "chatcmpl-bench", object: "chat.completion.chunk", created: 1_700_000_000, model: "bench" };
const texts: Record<string, Buffer[]> = { burst: textEvents(chunks), steps: textEvents(20), hello: textEvents(20) };
const rounds = Array.from({ length: toolRounds }, (_, round) => callEvents(round));

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    try {
      write(eventsFor(JSON.parse(Buffer.concat(parts).toString())), response);
    } catch (error) {
      response.writeHead(400).end(JSON.stringify({ error: { message: String(error) } }));
    }
  });
});
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.send?.(`http://127.0.0.1:${port}/v1`);
});
process.on("disconnect", () => process.exit());

/** Strict: a request without streaming or with a wrong tool result ends the benchmark. */
function eventsFor({ model, stream, messages }: Request): Buffer[] {
  if (!stream) throw new Error("The benchmark streams.");
  const results = messages.filter(({ role }) => role === "tool");
  for (const [round, { tool_call_id, content }] of results.entries()) {
    if (tool_call_id !== `call_${round}` || content !== `10 results for round ${round}`) {
      throw new Error(`Wrong result of call ${round}: ${content}`);
    }
  }
  const events = (model === "steps" && rounds[results.length]) || texts[model];
  if (!events) throw new Error(`There is no model ${model}.`);
  return events;
}

function write(events: Buffer[], response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  // Corks the socket, not the response: that would join the chunks to one.
  response.socket?.cork();
  for (const event of events) response.write(event);
  response.end();
  response.socket?.uncork();
}

function textEvents(count: number): Buffer[] {
  return [
    event({ role: "assistant", content: "" }),
    ...Array.from({ length: count }, (_, index) => event({ content: (1_000 + (index % 9_000)).toString() })),
    event({}, "stop"),
    usageEvent(count),
    done(),
  ];
}

function callEvents(round: number): Buffer[] {
  const input = JSON.stringify({ query: `round ${round}`, limit: 5, tags: ["alpha", "beta"] });
  const start = { index: 0, id: `call_${round}`, type: "function", function: { name: "lookup", arguments: "" } };
  const third = Math.ceil(input.length / 3);
  return [
    event({ role: "assistant", content: null, tool_calls: [start] }),
    ...[0, 1, 2].map((part) => {
      const piece = input.slice(part * third, (part + 1) * third);
      return event({ tool_calls: [{ index: 0, function: { arguments: piece } }] });
    }),
    event({}, "tool_calls"),
    usageEvent(20),
    done(),
  ];
}

function event(delta: object, finishReason: string | null = null): Buffer {
  return line({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] });
}

function usageEvent(outputTokens: number): Buffer {
  const usage = { prompt_tokens: 100, completion_tokens: outputTokens, total_tokens: 100 + outputTokens };
  return line({ ...base, choices: [], usage });
}

function line(payload: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(payload)}\n\n`);
}

function done(): Buffer {
  return Buffer.from("data: [DONE]\n\n");
}
