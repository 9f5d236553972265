// The line that a person types: readline behind a gate, which holds the keys back while an answer is being written.
import { createInterface, emitKeypressEvents, type Interface, type Key } from "node:readline";
import { PassThrough, type Readable, Writable } from "node:stream";

export type ConsoleInput = Readable & { isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
export type ConsoleOutput = Writable & { isTTY?: boolean; columns?: number; hasColors?(): boolean };

/** `hadText`: Ctrl-C emptied a line that somebody had begun. */
export type Entry = { type: "line"; text: string } | { type: "interrupt"; hadText: boolean } | { type: "end" };

export type LineEditorOptions = {
  input: ConsoleInput;
  output: ConsoleOutput;
  /** What the arrow keys bring back, the latest first. */
  history: readonly string[];
  /** What Tab can make of a beginning. */
  complete(beginning: string): string[];
  /** Ctrl-C while no line is being read. */
  onInterrupt(): void;
  /** Whether the terminal knows escape sequences; pasted lines can then be told from typed ones. */
  hasEscapes: boolean;
};

/** Stands for a line break inside of a message while it is edited: the editor has one line. */
const lineBreak = "␤";
const pasteOn = "\x1b[?2004h";
const pasteOff = "\x1b[?2004l";

export class LineEditor {
  readonly #options: LineEditorOptions;
  readonly #readline: Interface;
  /** Readline's own input and output, so that neither a key nor a new window size reaches it at the wrong time. */
  readonly #gatedInput: PassThrough;
  readonly #gatedOutput: Writable;
  #pressedEarly: { text: string | undefined; key: Key }[] = [];
  #paste: string[] | undefined;
  #give: ((entry: Entry) => void) | undefined;
  #hasEnded = false;

  constructor(options: LineEditorOptions) {
    const { input, output, history, complete, hasEscapes } = options;
    this.#options = options;
    this.#gatedInput = Object.assign(new PassThrough(), {
      setRawMode: (isRaw: boolean) => void input.setRawMode?.(isRaw),
    });
    this.#gatedOutput = new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        output.write(chunk);
        done();
      },
    });
    Object.defineProperty(this.#gatedOutput, "columns", { get: () => output.columns });
    this.#readline = createInterface({
      input: this.#gatedInput,
      output: this.#gatedOutput,
      terminal: true,
      history: history.map((text) => text.replace(anyLineBreak, lineBreak)),
      historySize: 1_000,
      removeHistoryDuplicates: true,
      completer: (beginning: string) => [complete(beginning), beginning],
    });
    this.#readline.on("line", (line) => this.#settle({ type: "line", text: line.replaceAll(lineBreak, "\n") }));
    this.#readline.on("close", () => this.end());
    // Back from Ctrl-Z.
    this.#readline.on("SIGCONT", () => this.#readline.prompt(true));
    emitKeypressEvents(input);
    input.on("keypress", this.#onKey).on("end", this.end).on("error", this.end);
    output.on("resize", this.#onResize);
    if (hasEscapes) output.write(pasteOn);
    input.resume();
  }

  /** The next line. Keys that were pressed before count. After the end it is always the end. */
  read(prompt: string): Promise<Entry> {
    if (this.#hasEnded) return Promise.resolve({ type: "end" });
    const entry = new Promise<Entry>((resolve) => {
      this.#give = resolve;
    });
    this.#readline.setPrompt(prompt);
    this.#readline.prompt();
    for (let early = this.#pressedEarly.shift(); early; early = this.#give && this.#pressedEarly.shift()) {
      this.#press(early.text, early.key);
    }
    return entry;
  }

  /** Whoever waits for a line is told that there will be none. */
  readonly end = (): void => {
    this.#hasEnded = true;
    this.#settle({ type: "end" });
  };

  /** Gives the terminal back. */
  close(): void {
    const { input, output, hasEscapes } = this.#options;
    input.off("keypress", this.#onKey).off("end", this.end).off("error", this.end);
    output.off("resize", this.#onResize);
    this.#readline.close();
    if (hasEscapes && !output.destroyed) output.write(pasteOff);
    input.pause();
  }

  #settle(entry: Entry): void {
    const give = this.#give;
    this.#give = undefined;
    give?.(entry);
  }

  readonly #onResize = (): void => {
    if (this.#give) this.#gatedOutput.emit("resize");
  };

  readonly #onKey = (text: string | undefined, key: Key): void => {
    if (this.#give) this.#press(text, key);
    else if (isInterrupt(key)) {
      this.#pressedEarly = [];
      this.#options.onInterrupt();
    } else this.#pressedEarly.push({ text, key });
  };

  #press(text: string | undefined, key: Key): void {
    if (isInterrupt(key)) this.#interrupt();
    else if (key.name === "paste-start") this.#paste = [];
    else if (key.name === "paste-end") this.#insertPaste();
    else if (this.#paste) {
      if (text !== undefined) this.#paste.push(text);
    } else if (key.name === "return" && key.meta) this.#readline.write(lineBreak);
    else this.#gatedInput.emit("keypress", text, key);
  }

  /** At once: key by key readline would measure the whole line for each of them. */
  #insertPaste(): void {
    const text = (this.#paste ?? []).join("").replace(/[\r\n]+$/, "");
    this.#paste = undefined;
    const line = text.replace(anyLineBreak, lineBreak).replace(/\p{Cc}/gu, (control) => (control === "\t" ? " " : ""));
    if (line !== "") this.#readline.write(line);
  }

  #interrupt(): void {
    this.#paste = undefined;
    const hadText = this.#readline.line !== "";
    this.#readline.write(null, { ctrl: true, name: "e" });
    this.#readline.write(null, { ctrl: true, name: "u" });
    this.#settle({ type: "interrupt", hadText });
  }
}

const anyLineBreak = /\r\n?|\n/g;

function isInterrupt(key: Key): boolean {
  return key.ctrl === true && key.name === "c";
}
