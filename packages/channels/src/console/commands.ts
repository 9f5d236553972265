// What a line that begins with a slash asks of the chat itself.
import { type AgentInput, BesedaError, type LanguageModel, type PendingApproval, type Usage } from "@beseda/core";
import { oneLine } from "./safe-text.ts";
import type { Session } from "./session.ts";

/** What is to be shown, what the agent is to go on with, or that the chat is over. */
export type CommandOutcome = { text: string } | { goOn: AgentInput[] } | "exit";

/** What a typed line is: a command, or a message, from which the second of two leading slashes is taken. */
export function parseLine(line: string): { command: string; argument: string } | { message: string } {
  if (line.startsWith("//")) return { message: line.slice(1) };
  const [, command, argument] = /^\/(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  return command === undefined ? { message: line } : { command, argument: (argument ?? "").trim() };
}

/** @throws BesedaError from the memory or from making a model; the chat is then as it was. */
export async function runCommand(session: Session, name: string, argument: string): Promise<CommandOutcome> {
  const command = commands.find((each) => each.name === name);
  if (command) return command.run(session, argument);
  const known = commands.map((each) => `/${each.name}`).join(" ");
  return {
    text: `There is no command /${oneLine(name, 40)}. There are: ${known}. To send it as a message, begin with //.`,
  };
}

/** For the Tab key. */
export function completeCommand(beginning: string): string[] {
  return commands.map(({ name }) => `/${name}`).filter((name) => beginning !== "" && name.startsWith(beginning));
}

/** How a model is called on screen, as `--model` takes it: `openai:gpt-5`, or one word where both are the same. */
export function modelName({ provider, modelId }: LanguageModel): string {
  return oneLine(provider === modelId ? modelId : `${provider}:${modelId}`, 100);
}

/** A sentence about the thread: whether it goes on, or is new. */
export async function threadSentence({ agent, threadId }: Session): Promise<string> {
  if (!agent.memory) return "Nothing is kept: this bot has no memory, and each message stands alone.";
  const name = oneLine(threadId, 80);
  const known = (await agent.memory.threads()).find((thread) => thread.threadId === threadId);
  const waiting = await agent.pending(threadId);
  if (waiting.length > 0) {
    return [`On the thread “${name}” this waits for /approve or /deny:`, ...waitingCalls(waiting)].join("\n");
  }
  return known ? `Continuing the thread “${name}”, last used ${when(known.updatedAt)}.` : `A new thread, “${name}”.`;
}

type Command = {
  name: string;
  argument?: string;
  about: string;
  run(session: Session, argument: string): CommandOutcome | Promise<CommandOutcome>;
};

const commands: readonly Command[] = [
  { name: "help", about: "this list", run: help },
  { name: "tools", about: "what the bot can do", run: listTools },
  { name: "model", argument: "[ID]", about: "which model answers, or another one from now on", run: changeModel },
  { name: "thread", argument: "[NAME]", about: "the conversations, or another one from now on", run: changeThread },
  { name: "approve", argument: "[N]", about: "lets a call that waits be carried out, or all of them", run: approve },
  { name: "deny", argument: "[N] [REASON]", about: "refuses a call that waits, or all of them", run: deny },
  { name: "reset", about: "forgets this conversation for good", run: reset },
  { name: "usage", about: "tokens of the last answer and since the start", run: tellUsage },
  { name: "exit", about: "leaves, as do Ctrl-D and Ctrl-C twice", run: () => "exit" },
];

function help(): CommandOutcome {
  const rows = commands.map(({ name, argument = "", about }) => [`/${name} ${argument}`, about] as const);
  return {
    text: [
      ...columns(rows),
      "Ctrl-C stops an answer. Alt-Enter begins a new line. A message that begins with a slash: write two.",
    ].join("\n"),
  };
}

function listTools({ agent }: Session): CommandOutcome {
  if (agent.tools.length === 0) return { text: "This bot has no tools." };
  return { text: columns(agent.tools.map((tool) => [tool.name, firstSentence(tool.description)])).join("\n") };
}

/** The rest is for the model. */
function firstSentence(text: string): string {
  return oneLine(/^[\s\S]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text, 200);
}

async function changeModel(session: Session, argument: string): Promise<CommandOutcome> {
  if (argument !== "") {
    if (!session.switchModel) {
      throw new BesedaError("The model of this bot cannot be changed here.", { code: "unsupported" });
    }
    session.agent = await session.switchModel(argument);
  }
  return { text: `${modelName(session.agent.model)} ${argument === "" ? "answers" : "answers from now on"}.` };
}

const longestList = 20;

async function changeThread(session: Session, argument: string): Promise<CommandOutcome> {
  if (argument !== "") {
    session.threadId = argument;
    return { text: await threadSentence(session) };
  }
  const threads = (await session.agent.memory?.threads()) ?? [];
  const others = threads.filter(({ threadId }) => threadId !== session.threadId);
  const rows = others.slice(0, longestList).map((each) => [oneLine(each.threadId, 60), when(each.updatedAt)] as const);
  const more = others.length - rows.length;
  return {
    text: [
      `This is the thread “${oneLine(session.threadId, 80)}”.${rows.length > 0 ? " There are also:" : ""}`,
      ...columns(rows),
      ...(more > 0 ? [`and ${more} more`] : []),
    ].join("\n"),
  };
}

function approve(session: Session, argument: string): Promise<CommandOutcome> {
  return decide(session, argument, { approved: true });
}

function deny(session: Session, argument: string): Promise<CommandOutcome> {
  const [, number = "", reason = ""] = /^(\d+(?=\s|$))?\s*([\s\S]*)$/.exec(argument) ?? [];
  return decide(session, number, { approved: false, ...(reason !== "" && { reason }) });
}

/** Without a number on all calls that wait on this thread; the numbers are those of `waitingCalls`. */
async function decide(
  { agent, threadId }: Session,
  number: string,
  verdict: { approved: boolean; reason?: string },
): Promise<CommandOutcome> {
  const waiting = await agent.pending(threadId);
  const chosen = number === "" ? waiting : waiting.filter((_, index) => String(index + 1) === number);
  if (waiting.length === 0) return { text: "Nothing waits for an approval on this thread." };
  if (chosen.length === 0)
    return { text: [`There is no call ${oneLine(number, 40)}. These wait:`, ...waitingCalls(waiting)].join("\n") };
  const runIds = [...new Set(chosen.map(({ runId }) => runId))];
  return {
    goOn: runIds.map((runId) => ({
      runId,
      decisions: chosen.filter((call) => call.runId === runId).map(({ callId }) => ({ callId, ...verdict })),
    })),
  };
}

function waitingCalls(waiting: readonly PendingApproval[]): string[] {
  return columns(
    waiting.map(({ toolName, input }, index) => [
      String(index + 1),
      `${oneLine(toolName, 64)} ${oneLine(JSON.stringify(input), 200)}`,
    ]),
  );
}

async function reset(session: Session): Promise<CommandOutcome> {
  const { memory } = session.agent;
  if (!memory) return { text: await threadSentence(session) };
  await memory.delete(session.threadId);
  return { text: `The thread “${oneLine(session.threadId, 80)}” is forgotten; the next message begins it anew.` };
}

function tellUsage({ usage, lastUsage }: Session): CommandOutcome {
  if (!lastUsage) return { text: "No tokens yet." };
  return {
    text: columns([
      ["last answer", tokens(lastUsage)],
      ["since the start", tokens(usage)],
    ]).join("\n"),
  };
}

function tokens(usage: Usage): string {
  const reasoning = usage.reasoningTokens ? ` (${usage.reasoningTokens} for reasoning)` : "";
  const cached = usage.cachedInputTokens ? ` (${usage.cachedInputTokens} cached)` : "";
  const estimated = usage.estimated ? ", estimated" : "";
  return `${usage.inputTokens} tokens in${cached}, ${usage.outputTokens} out${reasoning}${estimated}`;
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

/** Minutes, in the time zone of whoever reads it. */
function when(iso: string): string {
  return new Date(iso).toLocaleString("sv-SE").slice(0, 16);
}
