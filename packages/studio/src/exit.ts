// How the command ends when something went wrong: a line that says what to do, and an exit code.
import { errorText } from "@beseda/channels/console";
import { type ErrorCode, toBesedaError } from "@beseda/core";

/** What the user can put right by calling the command otherwise. */
const wrongUsage: readonly ErrorCode[] = ["invalid-argument", "missing-setting"];

/** 2 for wrong usage, 130 for what was stopped, otherwise 1. */
export function exitCodeOf(thrown: unknown): 1 | 2 | 130 {
  const { code } = toBesedaError(thrown);
  if (code === "aborted") return 130;
  return wrongUsage.includes(code) ? 2 : 1;
}

export function errorLine(thrown: unknown, verbose: boolean): string {
  return `error: ${errorText(thrown, { verbose })}\n`;
}
