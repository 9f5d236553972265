// A terminal for tests: keys go in, and what is on the screen can be waited for.
import { PassThrough, Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import type { ConsoleInput, ConsoleOutput } from "./line-editor.ts";

export class FakeScreen extends Writable implements ConsoleOutput {
  readonly isTTY: boolean;
  readonly columns = 80;
  /** What was written, without escape sequences. */
  text = "";
  readonly #watchers = new Set<() => void>();

  constructor({ isTTY }: { isTTY: boolean }) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.text += stripVTControlCharacters(chunk.toString());
    for (const watch of this.#watchers) watch();
    done();
  }

  hasColors(): boolean {
    return false;
  }

  /** Resolves when the text has been written, after `from` characters. */
  async shows(text: string, from = 0): Promise<void> {
    await new Promise<void>((resolve) => {
      const watch = () => {
        if (this.text.indexOf(text, from) === -1) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
      watch();
    });
  }
}

export class FakeTerminal {
  readonly input: ConsoleInput & PassThrough = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (isRaw: boolean) => {
      this.isRaw = isRaw;
    },
  });
  readonly output = new FakeScreen({ isTTY: true });
  readonly errorOutput = new FakeScreen({ isTTY: false });
  isRaw = false;

  /** Presses the keys, once the prompt is there, and resolves when the screen then shows the text. */
  async type(keys: string, until: string): Promise<void> {
    const from = this.output.text.length;
    this.input.write(keys);
    await this.output.shows(until, from);
  }
}
