// A bot at the console: at a terminal, in a pipe, or for a program that reads along. One door for all three.
import { type Agent, BesedaError } from "@beseda/core";
import { threadSentence } from "./commands.ts";
import { interactiveChat, say } from "./interactive-chat.ts";
import { jsonLine } from "./json-line.ts";
import { LeaveWatch } from "./leave.ts";
import { lineChat } from "./line-chat.ts";
import type { ConsoleInput, ConsoleOutput } from "./line-editor.ts";
import { paintFor } from "./paint.ts";
import { type PrintPart, streamedAnswer, wholeAnswer } from "./plain-answer.ts";
import { type InputLine, readLines, requireMessage } from "./read-lines.ts";
import { Session } from "./session.ts";

export type ConsoleChatOptions = {
  /** One message, answered, and that is all; the input is not read then. Without it the input is the conversation. */
  prompt?: string | undefined;
  /** The conversation to go on with, where the agent has a memory. Default `default`. */
  threadId?: string | undefined;
  /** Who speaks, kept with the messages; also whose memory it is. */
  userId?: string | undefined;
  /** Writes each stream part as a line of JSON, and nothing else. */
  json?: boolean | undefined;
  /** Adds the stack and the causes to each error. */
  verbose?: boolean | undefined;
  /** Lines about this bot for a person who starts it, such as where it keeps what is said. */
  notes?: readonly string[] | undefined;
  /** What `/model ID` does: the same bot on another model. */
  switchModel?: ((modelId: string) => Agent | Promise<Agent>) | undefined;
  /** A terminal that knows no escape sequences, such as one with TERM=dumb. */
  dumb?: boolean | undefined;
  /** Default: the standard streams of the process. */
  input?: ConsoleInput | undefined;
  output?: ConsoleOutput | undefined;
  errorOutput?: ConsoleOutput | undefined;
};

/**
 * Talks until the person leaves or the input ends. At a terminal with a prompt, commands and everything that the bot
 * does; where the input is none, each line of it is a message and only the answers are written. Errors of a run go to
 * `errorOutput`, a line each, and the talk goes on.
 *
 * Resolves to an exit code: 0, 1 where a message was not answered, 130 for Ctrl-C, 128 and the number of another signal
 * that ended it. While it runs it takes SIGINT, SIGTERM and SIGHUP, to keep what has been said so far.
 * @throws BesedaError `invalid-argument` for an empty prompt, thread or input, `too-large` for a prompt over 1 MB, and
 * what the memory throws when the thread is first looked at
 */
export async function consoleChat(agent: Agent, options: ConsoleChatOptions = {}): Promise<number> {
  const { input = process.stdin, output = process.stdout, errorOutput = process.stderr } = options;
  const { prompt, json = false, verbose = false, notes = [], dumb = false, threadId = "default" } = options;
  if (prompt !== undefined) requireMessage(prompt);
  if (threadId === "") {
    throw new BesedaError("The name of the thread is empty.", {
      code: "invalid-argument",
      hint: "Give any text, or leave it out to go on with the default thread.",
    });
  }
  const paintOf = (screen: ConsoleOutput) => paintFor(!dumb && (screen.hasColors?.() ?? false));
  const session = new Session({
    agent,
    threadId,
    userId: options.userId,
    output,
    errorOutput,
    errorPaint: paintOf(errorOutput),
    verbose,
    switchModel: options.switchModel,
  });
  const leave = new LeaveWatch(output);
  const look = { paint: paintOf(output), hasEscapes: !dumb };
  const isWatched = input.isTTY === true && output.isTTY === true && !json;
  const talk = async (): Promise<number> => {
    if (isWatched && prompt === undefined) {
      return interactiveChat(session, { input, output, notes, leave, ...look });
    }
    // Only for people: a program that reads the errors wants errors.
    if (errorOutput.isTTY || verbose) for (const note of [...notes, await threadSentence(session)]) session.note(note);
    if (isWatched && prompt !== undefined) return (await say(session, prompt, look, leave.signal)) ? 0 : 1;
    const lines = prompt === undefined ? readLines(input) : only(prompt);
    return lineChat(session, { lines, newPrint: printerFor(json, output), leave });
  };
  try {
    const exitCode = await talk();
    if (!leave.reason) return exitCode;
    if (leave.reason.error) session.report(leave.reason.error);
    return leave.reason.exitCode;
  } finally {
    leave.stop();
  }
}

function printerFor(json: boolean, output: ConsoleOutput): () => PrintPart {
  if (json) return () => jsonLine;
  return output.isTTY ? streamedAnswer : wholeAnswer;
}

async function* only(text: string): AsyncGenerator<InputLine> {
  yield { text };
}
