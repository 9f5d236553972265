// Text put together from pieces: white space folded, at most one empty line in a row.

export class TextWriter {
  readonly #pieces: string[] = [];
  #length = 0;
  #breaks = 0;
  #hasSpace = false;
  #mark = "";

  /** Characters so far. */
  get length(): number {
    return this.#length;
  }

  /** How many pieces there are, to ask for those that come later. */
  get position(): number {
    return this.#pieces.length;
  }

  since(position: number): string {
    return this.#pieces.slice(position).join("");
  }

  /** White space of any length is one space, and none at the beginning of a line. */
  write(text: string): void {
    const folded = text.replace(/[\s\u00a0]+/g, " ");
    this.#hasSpace ||= folded.startsWith(" ");
    const words = folded.trim();
    if (words === "") return;
    this.#put(words);
    this.#hasSpace = folded.endsWith(" ");
  }

  /** As it stands, line ends and all; empty lines at the beginning are left out. */
  writeExactly(text: string): void {
    const isAtStart = this.#breaks > 0 || this.#length === 0;
    const exact = isAtStart ? text.replace(/^(?:[ \t\r]*\n)+/, "") : text;
    if (exact !== "") this.#put(exact);
  }

  /** Straight behind the last piece, even if a line end was asked for. */
  append(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
  }

  /** Between two pieces of one line. */
  separate(text: string): void {
    if (this.#breaks > 0 || this.#length === 0) return;
    this.append(text);
    this.#hasSpace = false;
  }

  /** At least so many line ends before what follows; it begins with the mark. */
  breakLine(count: 1 | 2, mark = ""): void {
    this.#breaks = Math.max(this.#breaks, count);
    this.#mark = mark;
  }

  #put(text: string): void {
    const isFirst = this.#length === 0;
    const space = this.#hasSpace && this.#breaks === 0 && !isFirst ? " " : "";
    // Text that was written exactly may have brought its own.
    const written = this.#pieces.at(-1)?.match(/\n{0,2}$/)?.[0].length ?? 0;
    const breaks = isFirst ? 0 : Math.max(0, this.#breaks - written);
    this.append(`${"\n".repeat(breaks)}${this.#mark}${space}${text}`);
    this.#breaks = 0;
    this.#hasSpace = false;
    this.#mark = "";
  }
}
