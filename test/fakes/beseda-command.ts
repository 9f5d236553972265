// The command as a user starts it: a process of its own, with no setting of whoever runs the tests.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export const main = fileURLToPath(new URL("../../packages/studio/src/main.ts", import.meta.url));

export type Ended = { exitCode: number | null; signal: NodeJS.Signals | null; out: string; err: string };

export type Started = {
  child: ChildProcess;
  /** Resolves once this was written to stdout. */
  said(text: string): Promise<void>;
  /** Resolves once this was written to stderr. */
  told(text: string): Promise<void>;
  ended: Promise<Ended>;
};

export function startCommand(args: readonly string[], env: Record<string, string>): Started {
  const started = startProgram(process.execPath, ["--import", "tsx", main, ...args], env);
  started.child.stdin?.end();
  return started;
}

/** Whoever starts it closes its stdin. */
export function startProgram(program: string, args: readonly string[], env: Record<string, string>): Started {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, ...env }, stdio: "pipe" });
  const out = collected(child.stdout);
  const err = collected(child.stderr);
  // One that has ended reads no more.
  child.stdin.on("error", () => {});
  const ended = once(child, "close").then(([exitCode, signal]) => ({
    exitCode,
    signal,
    out: out.text(),
    err: err.text(),
  }));
  return { child, said: out.holds, told: err.holds, ended };
}

/** A text as one word for a shell. */
export function shell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function collected(stream: NodeJS.ReadableStream) {
  let text = "";
  const waiting = new Map<string, () => void>();
  stream.setEncoding("utf8").on("data", (more: string) => {
    text += more;
    for (const [wanted, resolve] of waiting) if (text.includes(wanted)) resolve();
  });
  const holds = (wanted: string) =>
    new Promise<void>((resolve) => {
      if (text.includes(wanted)) resolve();
      waiting.set(wanted, resolve);
    });
  return { text: () => text, holds };
}
