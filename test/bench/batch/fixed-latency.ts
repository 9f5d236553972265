// A model server that takes the same time for every answer, however many are asked for at once. Tells its address.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const latencyMs = Number(process.argv[2]);
const message = { role: "assistant", content: "An answer of some length, as models give them." };
const usage = { prompt_tokens: 20, completion_tokens: 12, total_tokens: 32 };
const choices = [{ index: 0, message, finish_reason: "stop" }];
const reply = JSON.stringify({ id: "1", object: "chat.completion", created: 0, model: "bench", choices, usage });

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    setTimeout(() => response.writeHead(200, { "content-type": "application/json" }).end(reply), latencyMs);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`);
});
process.on("disconnect", () => process.exit());
