// Where the conversations of this user are kept when no folder is named: the same place whatever folder one stands in.
import { isAbsolute, join } from "node:path";
import type { Environment } from "./choose-model.ts";

/** `$XDG_DATA_HOME/beseda`, by default `~/.local/share/beseda`; on Windows `%LOCALAPPDATA%\beseda`. */
export function dataFolder(env: Environment, { home, platform }: { home: string; platform: string }): string {
  const named = platform === "win32" ? env.LOCALAPPDATA : env.XDG_DATA_HOME;
  // The XDG base directory specification: a relative path is invalid and is to be ignored.
  if (named && isAbsolute(named)) return join(named, "beseda");
  return platform === "win32" ? join(home, "AppData", "Local", "beseda") : join(home, ".local", "share", "beseda");
}
