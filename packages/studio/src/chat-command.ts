// `beseda chat`: makes the model, the memory and the agent that were asked for, and hands them to the console.
import { homedir } from "node:os";
import { consoleChat } from "@beseda/channels/console";
import { BesedaError, type ReasoningStyle, toBesedaError } from "@beseda/core";
import { type FileMemory, fileMemory } from "@beseda/memory";
import { chooseModel, openModel } from "./choose-model.ts";
import { dataFolder } from "./data-folder.ts";
import { defaultAgent } from "./default-agent.ts";

export type ChatOptions = {
  model?: string;
  thread?: string;
  memory?: string;
  reasoning?: ReasoningStyle;
  json?: boolean;
  verbose?: boolean;
};

/** Slow enough to be seen, for a model that needs no time. */
const offlineDelayMs = 12;

/** Resolves to the exit code. @throws BesedaError where the chat cannot begin */
export async function chat(prompt: string | undefined, options: ChatOptions): Promise<number> {
  const { reasoning, json, verbose } = options;
  const { env } = process;
  const folder = options.memory ?? dataFolder(env, { home: homedir(), platform: process.platform });
  const delayMs = process.stdout.isTTY && !json ? offlineDelayMs : 0;
  const choice = await chooseModel(options.model, env, async (server) => {
    const { listModels } = await import("@beseda/providers/openai-compatible");
    return listModels(server);
  });
  const model = await openModel(choice.id, { delayMs });
  const memory = await openMemory(folder);
  try {
    return await consoleChat(defaultAgent({ model, memory, reasoning }), {
      prompt,
      threadId: options.thread,
      userId: "me",
      json,
      verbose,
      dumb: env.TERM === "dumb",
      notes: [...choice.why, `Kept in ${withTilde(folder)}: the next start goes on with it.`],
      switchModel: async (id) => defaultAgent({ model: await openModel(id, { delayMs }), memory, reasoning }),
    });
  } finally {
    await memory.close();
  }
}

async function openMemory(folder: string): Promise<FileMemory> {
  const memory = fileMemory(folder);
  try {
    await memory.open();
    return memory;
  } catch (thrown) {
    const { message, code, hint } = toBesedaError(thrown);
    const option = "--memory DIR names another folder.";
    throw new BesedaError(message, { code, hint: hint ? `${hint} ${option}` : option, cause: thrown });
  }
}

function withTilde(folder: string): string {
  const home = homedir();
  return folder.startsWith(`${home}/`) ? `~${folder.slice(home.length)}` : folder;
}
