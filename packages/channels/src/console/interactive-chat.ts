// The chat at a terminal: a prompt, the answer as it comes, commands, and Ctrl-C.
import { type AgentInput, textOf } from "@beseda/core";
import { completeCommand, modelName, parseLine, runCommand, threadSentence } from "./commands.ts";
import type { LeaveWatch } from "./leave.ts";
import { type ConsoleInput, type ConsoleOutput, LineEditor } from "./line-editor.ts";
import type { Paint } from "./paint.ts";
import { requireMessage } from "./read-lines.ts";
import { PartRenderer } from "./render-parts.ts";
import { oneLine } from "./safe-text.ts";
import type { Session } from "./session.ts";

export type Terminal = {
  input: ConsoleInput;
  output: ConsoleOutput;
  paint: Paint;
  hasEscapes: boolean;
  /** Shown under the first line. */
  notes: readonly string[];
  leave: LeaveWatch;
};

/** Resolves to the exit code: 0, or 130 after Ctrl-C twice. */
export async function interactiveChat(session: Session, terminal: Terminal): Promise<number> {
  const { output, paint, leave } = terminal;
  await session.write(await banner(session, terminal));
  /** What Ctrl-C does during an answer: stop it, and the second time leave. */
  let onInterrupt = () => {};
  const editor = new LineEditor({
    ...terminal,
    history: await spokenBefore(session),
    complete: completeCommand,
    onInterrupt: () => onInterrupt(),
  });
  leave.signal.addEventListener("abort", editor.end);
  try {
    let isArmed = false;
    for (;;) {
      // Not a part of the prompt: readline counts the rows of a prompt, and goes wrong after an emptied line.
      output.write("\n");
      const entry = await editor.read(paint.bold("you › "));
      if (entry.type !== "line") output.write("\n");
      if (entry.type === "end") return 0;
      if (entry.type === "interrupt") {
        if (isArmed && !entry.hadText) return 130;
        isArmed = true;
        await session.write(`${paint.dim("Ctrl-C again leaves.")}\n`);
        continue;
      }
      isArmed = false;
      const asked = parseLine(entry.text);
      const inputs = "command" in asked ? await commanded(session, asked) : said(asked.message);
      if (inputs === "exit") return 0;
      for (const input of inputs) {
        const stop = new AbortController();
        const left = new Promise<"left">((resolve) => {
          onInterrupt = () => (stop.signal.aborted ? resolve("left") : stop.abort("Ctrl-C"));
        });
        const signal = AbortSignal.any([stop.signal, leave.signal]);
        if ((await Promise.race([say(session, input, terminal, signal), left])) === "left") return 130;
        isArmed = stop.signal.aborted;
        // What was approved with it is not begun any more, and keeps waiting.
        if (signal.aborted) break;
      }
    }
  } finally {
    leave.signal.removeEventListener("abort", editor.end);
    editor.close();
  }
}

/** One message and its answer, as it looks on a terminal. Resolves to whether it was answered. */
export async function say(
  session: Session,
  input: AgentInput,
  { paint, hasEscapes }: Pick<Terminal, "paint" | "hasEscapes">,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    if (typeof input === "string") requireMessage(input);
  } catch (thrown) {
    session.report(thrown);
    return false;
  }
  const renderer = new PartRenderer({ name: session.agent.name, paint, inPlace: hasEscapes });
  return session.answer(input, (part) => renderer.render(part), signal);
}

async function banner(session: Session, { paint, notes }: Terminal): Promise<string> {
  const lines = [
    `${paint.bold(oneLine(session.agent.name, 40))} · ${modelName(session.agent.model)}`,
    ...[...notes, await threadSentence(session), "/help lists the commands. Ctrl-C stops an answer, twice leaves."].map(
      (line) => paint.dim(line),
    ),
  ];
  return `${lines.join("\n")}\n`;
}

/** What was said on the thread before, so that the arrow keys bring it back after a restart too. */
async function spokenBefore({ agent, threadId }: Session): Promise<string[]> {
  const messages = (await agent.memory?.load(threadId)) ?? [];
  return messages.flatMap((message) => (message.role === "user" ? textOf(message) || [] : [])).reverse();
}

function said(message: string): AgentInput[] {
  return message.trim() === "" ? [] : [message];
}

/** Runs a command; resolves to what the agent is to answer after it. */
async function commanded(
  session: Session,
  asked: { command: string; argument: string },
): Promise<readonly AgentInput[] | "exit"> {
  try {
    const outcome = await runCommand(session, asked.command, asked.argument);
    if (outcome === "exit") return "exit";
    if ("goOn" in outcome) return outcome.goOn;
    await session.write(`${outcome.text}\n`);
  } catch (thrown) {
    session.report(thrown);
  }
  return [];
}
