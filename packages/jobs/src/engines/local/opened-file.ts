// The file of an open database: SQLite goes on with one that was removed, and what is written to it is lost.
import fs from "node:fs";
import { BesedaError } from "@beseda/core";
import { codeOf } from "../../files/system-code.ts";

export class OpenedFile {
  readonly #path: string;
  readonly #opened: string | undefined;
  #trouble: BesedaError | undefined;

  /** To be made when it has just been opened. */
  constructor(path: string) {
    this.#path = path;
    this.#opened = identityAt(path);
  }

  /** Why it cannot be used any more: it is not the one at its path, or was not at an earlier look. A look costs about 3 µs. */
  get trouble(): BesedaError | undefined {
    if (!this.#trouble && !this.#isThere()) this.#trouble = replaced(this.#path);
    return this.#trouble;
  }

  /** @throws BesedaError `unavailable` */
  requireThere(): void {
    const { trouble } = this;
    if (trouble) throw trouble;
  }

  /** Where the system does not tell, it is taken for the one. */
  #isThere(): boolean {
    const found = identityAt(this.#path) ?? this.#opened;
    return found !== gone && found === (this.#opened ?? found);
  }
}

const gone = "gone";

/** Which file is there. */
function identityAt(path: string): string | undefined {
  try {
    // Numbers cannot tell the files of Windows from each other.
    const { dev, ino } = fs.statSync(path, { bigint: true });
    return `${dev}/${ino}`;
  } catch (thrown) {
    return ["ENOENT", "ENOTDIR"].includes(codeOf(thrown) ?? "") ? gone : undefined;
  }
}

function replaced(path: string): BesedaError {
  return new BesedaError(`Cannot use ${path}: it was removed or replaced while it was in use.`, {
    code: "unavailable",
    hint: "Nothing is written to it any more. End this process and put the folder back, or begin with a new one.",
  });
}
