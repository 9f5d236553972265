// What a command writes: lines for people, or one line of JSON for programs. None of it can drive the terminal.
import { safeText } from "@beseda/channels/console";

/** Ids, names and messages come from elsewhere: in each line, characters of control and line breaks become visible signs. */
export function writeLines(lines: readonly string[], stream: { write(text: string): unknown } = process.stdout): void {
  stream.write(lines.map((line) => `${safeLine(line)}\n`).join(""));
}

export function writeJson(value: unknown): void {
  writeJsonText(`${JSON.stringify(value)}\n`);
}

/** A piece of JSON that is too long to be made at once. */
export function writeJsonText(json: string): void {
  process.stdout.write(json.replace(leftByJson, escaped));
}

export function safeLine(text: string): string {
  return safeText(text).replaceAll("\n", "\u240a");
}

/** JSON escapes the controls below the space alone. */
const leftByJson = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function escaped(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
