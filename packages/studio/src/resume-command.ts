// The command that was given, as a line to be given again: quoted for a POSIX shell.
import { basename } from "node:path";
import type { Environment } from "./choose-model.ts";

/** How this process was started, as `process` knows it. */
export type Started = {
  execPath: string;
  execArgv: readonly string[];
  /** The executable, the script, and what was said behind it. */
  argv: readonly string[];
};

/** `args` is what was said behind the name of the program, the command first; `--resume` comes right behind it, once. */
export function resumeCommand(started: Started, args: readonly string[], env: Environment): string {
  const [command = "", ...rest] = args;
  const said = rest.includes("--resume") ? [command, ...rest] : [command, "--resume", ...rest];
  return [...programOf(started, env), ...said].map(shellQuoted).join(" ");
}

function programOf({ execPath, execArgv, argv: [, script = ""] }: Started, env: Environment): string[] {
  if (basename(script) === "beseda") return ["beseda"];
  // `pnpm beseda …`, which is not in everybody's PATH: then npx brought it.
  if (env.npm_lifecycle_event === "beseda") {
    const { npm_config_user_agent: agent = "", npm_execpath: manager = "" } = env;
    const [, name = "pnpm", version = ""] = /^(\w+)\/(\S+)/.exec(agent) ?? [];
    return manager.includes("_npx") ? ["npx", "-y", `${name}@${version}`, "run", "beseda"] : [name, "run", "beseda"];
  }
  return [execPath, ...execArgv, script];
}

/** For `sh`: whatever a text holds, it is one word with just these characters. */
export function shellQuoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
