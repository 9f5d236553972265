// The command that was given, as a line to be given again: quoted for a shell, and for the terminal that it is read from.
import { basename, dirname } from "node:path";
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
  if (basename(script) === "beseda") return installed(dirname(script));
  // `pnpm beseda …`, which is not in everybody's PATH: then npx brought it.
  if (env.npm_lifecycle_event === "beseda") {
    const { npm_config_user_agent: agent = "", npm_execpath: manager = "" } = env;
    const [, name = "pnpm", version = ""] = /^(\w+)\/(\S+)/.exec(agent) ?? [];
    return manager.includes("_npx") ? ["npx", "-y", `${name}@${version}`, "run", "beseda"] : [name, "run", "beseda"];
  }
  return [execPath, ...execArgv, script];
}

/** Installed in a project it is in nobody's PATH, nor where npx has brought it. */
function installed(folder: string): string[] {
  if (!/node_modules[\\/]\.bin$/.test(folder)) return ["beseda"];
  return ["npx", folder.includes("_npx") ? "@beseda/studio" : "beseda"];
}

/**
 * Whatever a text holds, it is one word with just these characters: for any POSIX shell, and for bash, zsh and ksh where a
 * terminal would not show them as they are.
 */
export function shellQuoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  const marked = text.replace(/[\\']/g, "\\$&");
  const shown = marked.replace(unshown, escaped);
  return shown === marked ? `'${text.replaceAll("'", `'\\''`)}'` : `$'${shown}'`;
}

/** Line breaks among them, and what turns the direction of writing. */
const unshown = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

function escaped(sign: string): string {
  if (sign === "\n") return "\\n";
  return Array.from(Buffer.from(sign), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
