// One line on a terminal, written over again and again; nothing anywhere else.
import { safeLine } from "./write-lines.ts";

export class ProgressLine {
  #isShown = false;

  show(text: string): void {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r\u001b[K${safeLine(text).slice(0, (process.stderr.columns || 80) - 1)}`);
    this.#isShown = true;
  }

  clear(): void {
    if (this.#isShown) process.stderr.write("\r\u001b[K");
    this.#isShown = false;
  }
}
