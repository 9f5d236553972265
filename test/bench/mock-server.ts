// A model server that costs the same every time: prebuilt answers, one event per HTTP chunk, all written at once.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { chunks, pacedChunks, parallelCalls, toolRounds } from "./scenarios.ts";

type Request = { model: string; stream: boolean; messages: { role: string; tool_call_id?: string; content: string }[] };
type Call = { id: string; input: string };

const base = { id: "chatcmpl-bench", object: "chat.completion.chunk", created: 1_700_000_000, model: "bench" };
const texts: Record<string, Buffer[]> = {
  burst: textEvents(chunks),
  stamped: textEvents(chunks),
  paced: textEvents(pacedChunks),
};
const short = textEvents(20);
const rounds = Array.from({ length: toolRounds }, (_, round) => [callAt(round)]);
const callsAtOnce = Array.from({ length: parallelCalls }, (_, call) => callAt(call));

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on("data", (part: Buffer) => parts.push(part));
  request.on("end", () => {
    try {
      answer(JSON.parse(Buffer.concat(parts).toString()), response);
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

function answer({ model, stream, messages }: Request, response: ServerResponse): void {
  const calls = callsFor(model, messages);
  if (!stream) {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(wholeReply(calls)));
    return;
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const events = calls ? callEvents(calls) : (texts[model] ?? short);
  if (model === "paced") writePaced(events, response);
  else write(model === "stamped" ? [stamp(), ...events] : events, response);
}

/** Strict: a wrong tool result ends the benchmark. */
function callsFor(model: string, messages: Request["messages"]): Call[] | undefined {
  const results = messages.filter(({ role }) => role === "tool");
  for (const [index, { tool_call_id, content }] of results.entries()) {
    if (tool_call_id !== `call_${index}` || content !== `10 results for round ${index}`) {
      throw new Error(`Wrong result of call ${index}: ${content}`);
    }
  }
  if (model === "parallel") return results.length === 0 ? callsAtOnce : undefined;
  return model === "steps" ? rounds[results.length] : undefined;
}

function write(events: Buffer[], response: ServerResponse): void {
  // Corks the socket, not the response: that would join the chunks to one.
  response.socket?.cork();
  for (const event of events) response.write(event);
  response.end();
  response.socket?.uncork();
}

function writePaced(events: Buffer[], response: ServerResponse): void {
  let next = 0;
  const timer = setInterval(() => {
    const event = events[next];
    next += 1;
    if (event) response.write(event);
    else {
      clearInterval(timer);
      response.end();
    }
  }, 20);
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

/** 16 digits: microseconds of the clock that all processes of a machine share. */
function stamp(): Buffer {
  return event({ content: (process.hrtime.bigint() / 1000n).toString().padStart(16, "0") });
}

function callAt(index: number): Call {
  return { id: `call_${index}`, input: JSON.stringify({ query: `round ${index}`, limit: 5, tags: ["alpha", "beta"] }) };
}

function callEvents(calls: Call[]): Buffer[] {
  const pieces = calls.flatMap(({ id, input }, index) => {
    const third = Math.ceil(input.length / 3);
    const start = { index, id, type: "function", function: { name: "lookup", arguments: "" } };
    const rest = [0, 1, 2].map((part) => ({
      index,
      function: { arguments: input.slice(part * third, (part + 1) * third) },
    }));
    return [start, ...rest].map((piece) => event({ tool_calls: [piece] }));
  });
  return [...pieces, event({}, "tool_calls"), usageEvent(20), done()];
}

function wholeReply(calls: Call[] | undefined): object {
  const message = calls
    ? {
        content: null,
        tool_calls: calls.map(({ id, input }) => ({
          id,
          type: "function",
          function: { name: "lookup", arguments: input },
        })),
      }
    : { content: "1000".repeat(20) };
  const choice = { index: 0, message: { role: "assistant", ...message }, finish_reason: calls ? "tool_calls" : "stop" };
  return { ...base, object: "chat.completion", choices: [choice], usage: usageOf(20) };
}

function event(delta: object, finishReason: string | null = null): Buffer {
  return line({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] });
}

function usageEvent(outputTokens: number): Buffer {
  return line({ ...base, choices: [], usage: usageOf(outputTokens) });
}

function usageOf(outputTokens: number): object {
  return { prompt_tokens: 100, completion_tokens: outputTokens, total_tokens: 100 + outputTokens };
}

function line(payload: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(payload)}\n\n`);
}

function done(): Buffer {
  return Buffer.from("data: [DONE]\n\n");
}
