// The text around calls: what of it can be shown already, and whether a call may begin where it ends.

/** Opens and closes a code block. */
export const fence = "```";

/**
 * White space, and the line that opens a code block, wait for what follows them: before a call they are dropped, for
 * models like to put space and code blocks around their calls.
 */
export class ReplyText {
  #ready = "";
  #waiting = "";
  /** In a code block: its first line, nothing but space after it, or more than that. */
  #block: "none" | "opening" | "empty" | "filled" = "none";
  #isLineBlank = true;
  #endsWithBacktick = false;

  /**
   * `in-line` is inside a line, where only what cannot be anything else is a call. Quoted with a backtick, or inside a code
   * block that shows something else, it is only spoken of.
   */
  get callMayBegin(): "yes" | "in-line" | "no" {
    if (this.#endsWithBacktick || this.#block === "opening" || this.#block === "filled") return "no";
    return this.#isLineBlank ? "yes" : "in-line";
  }

  add(text: string): void {
    if (text === "") return;
    const said = this.#block === "opening" ? this.#addToFirstLine(text) : text;
    const shown = said.trimEnd();
    if (shown === "") this.#waiting += said;
    else {
      this.#show(shown);
      this.#waiting = said.slice(shown.length);
      if (this.#block === "empty") this.#block = "filled";
    }
    this.#endsWithBacktick = text.endsWith("`");
    const lineBreak = text.lastIndexOf("\n");
    this.#isLineBlank = (lineBreak >= 0 || this.#isLineBlank) && text.slice(lineBreak + 1).trim() === "";
  }

  /** A fence opens or closes a code block only at the beginning of a line. */
  addFence(): void {
    if (!this.#isLineBlank) {
      this.add(fence);
      return;
    }
    if (this.#block === "none") {
      this.#block = "opening";
      this.#waiting += fence;
    } else {
      this.#block = "none";
      this.#show(fence);
    }
    this.#isLineBlank = false;
  }

  /** Text that means nothing here, such as thinking; what follows it begins anew. */
  addApart(text: string): void {
    this.#show(text);
    this.#isLineBlank = true;
    this.#endsWithBacktick = false;
  }

  /** What can be shown by now. */
  take(): string {
    const ready = this.#ready;
    this.#ready = "";
    return ready;
  }

  /** A call begins: what waited is not shown. */
  drop(): void {
    this.#waiting = "";
  }

  /** No call begins here: what waited is shown. */
  release(): void {
    this.#show("");
  }

  #show(text: string): void {
    this.#ready += this.#waiting + text;
    this.#waiting = "";
  }

  /** @returns what is not of the line. With more than the name of a language it opens no block that a call may stand in. */
  #addToFirstLine(text: string): string {
    const end = text.search(/[^\w+.#\r-]/);
    if (end >= 0 && text[end] !== "\n") {
      this.#block = "filled";
      return text;
    }
    const lineEnd = end < 0 ? text.length : end + 1;
    this.#waiting += text.slice(0, lineEnd);
    if (end >= 0) this.#block = "empty";
    return text.slice(lineEnd);
  }
}
