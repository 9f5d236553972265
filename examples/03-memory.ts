// Memory: a conversation that goes on after a restart, and facts that outlive conversations.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "@beseda/core";
import { fileMemory, lastMessages } from "@beseda/memory";
import { offline } from "@beseda/providers/offline";
import { recall, remember } from "@beseda/tools";

const dir = await mkdtemp(join(tmpdir(), "beseda-memory-"));

/** As a process does that starts, answers one message and ends. */
async function oneProcess(threadId: string, text: string): Promise<void> {
  // The whole thread stays in its file; the model sees the last 40 messages.
  await using memory = fileMemory(dir, { window: lastMessages(40) });
  const { store } = memory;
  const agent = new Agent({ model: offline(), memory, tools: [remember({ store }), recall({ store })] });
  const { text: answer } = await agent.generate(text, { threadId, userId: "ann" });
  console.log(`[${threadId}] ${text}\n  ${answer}`);
}

await oneProcess("monday", "My name is Ann.");
await oneProcess("monday", "What is my name?");
await oneProcess("monday", "Remember that I am allergic to nuts.");
await oneProcess("friday", "What do you remember about me?");
await rm(dir, { recursive: true });
