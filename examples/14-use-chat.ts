// A server for useChat of the AI SDK: thinking, tools, approvals. Without PORT it plays a conversation with a real client.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fromUiMessages, toUiMessageStream, uiMessageStreamHeaders } from "@beseda/channels/use-chat";
import { Agent, BesedaError, toBesedaError, tool } from "@beseda/core";
import { inMemory } from "@beseda/memory";
import { offline } from "@beseda/providers/offline";
import { calculator } from "@beseda/tools";
import { z } from "zod";

const cancelOrder = tool({
  name: "cancel_order",
  description: "Cancels an order, by its number",
  inputSchema: z.object({ orderNumber: z.string().describe("such as A-1042") }),
  examples: ["Cancel my order A-1042"],
  effects: "write",
  needsApproval: true,
  execute: ({ orderNumber }) => ({ orderNumber, status: "cancelled" }),
});
const agent = new Agent({ model: offline(), tools: [calculator(), cancelOrder], memory: inMemory() });

/** In the browser: `useChat({ transport: new DefaultChatTransport({ api: "http://localhost:3000/api/chat" }) })`. */
const server = createServer(async (request, response) => {
  response.setHeader("access-control-allow-origin", process.env.CLIENT_ORIGIN ?? "http://localhost:5173");
  response.setHeader("access-control-allow-headers", "content-type");
  if (request.method !== "POST" || request.url !== "/api/chat") {
    response.writeHead(request.method === "OPTIONS" ? 204 : 404).end();
    return;
  }
  try {
    const { id, messages } = await bodyOf(request);
    // Who it is comes from your own login. The thread is named after the person too, for the client makes up the id.
    const userId = "web:ann";
    const run = agent.stream(fromUiMessages(messages), { threadId: `${userId}:${id}`, userId });
    response.writeHead(200, uiMessageStreamHeaders);
    // Fails where the client leaves. The run goes on without it.
    await pipeline(Readable.fromWeb(toUiMessageStream(run)), response).catch(() => {});
  } catch (error) {
    const { message, code } = toBesedaError(error);
    response.writeHead(code === "internal" ? 500 : 400).end(code === "internal" ? "Something went wrong." : message);
  }
});

const chatBody = z.object({ id: z.string(), messages: z.unknown() });

async function bodyOf(request: IncomingMessage): Promise<z.infer<typeof chatBody>> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) {
    text += piece;
    if (text.length > 5_000_000) throw new BesedaError("The body is too long.", { code: "too-large" });
  }
  try {
    return chatBody.parse(JSON.parse(text));
  } catch {
    throw new BesedaError("The body is not what useChat sends.", { code: "invalid-argument" });
  }
}

/** The client is the one below `useChat`, without React. */
async function playConversation(api: string): Promise<void> {
  const { Chat } = await import("@ai-sdk/react");
  const { DefaultChatTransport } = await import("ai");
  const chat = new Chat({ transport: new DefaultChatTransport({ api }) });
  const show = () => {
    for (const part of chat.lastMessage?.parts ?? []) {
      if (part.type === "text") console.log(`Beseda: ${part.text}`);
      else if ("toolCallId" in part) console.log(`  ${part.type} ${JSON.stringify(part.input)} ${part.state}`);
    }
  };
  for (const text of ["What is 17 * 23?", "Cancel my order A-1042"]) {
    console.log(`Ann: ${text}`);
    await chat.sendMessage({ text });
    show();
  }
  for (const part of chat.lastMessage?.parts ?? []) {
    if (!("toolCallId" in part) || part.state !== "approval-requested") continue;
    console.log("Ann clicks on Approve");
    await chat.addToolApprovalResponse({ id: part.approval.id, approved: true });
    await chat.sendMessage();
    show();
  }
}

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const api = `http://127.0.0.1:${port}/api/chat`;
if (process.env.PORT) console.log(`Listening for useChat on ${api}. Ctrl-C ends it.`);
else {
  console.log("PORT is not set: this is a conversation with a client on this machine.\n");
  await playConversation(api);
  server.close();
  server.closeAllConnections();
}
