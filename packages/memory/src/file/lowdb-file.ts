// Documents by key in one JSON file, kept by lowdb. The only file that knows lowdb.
import { BesedaError } from "@beseda/core";
import { type Adapter, Low } from "lowdb";
import type { Documents } from "../documents.ts";
import { isRecord } from "../stored-message.ts";
import { asideName, type Disk, replaceFile, systemCode, unusable } from "./disk.ts";
import { parseJson, parseSealed, sealJson, Unreadable } from "./sealed-json.ts";
import { newerFormat } from "./thread-header.ts";

const format = "beseda-documents";
const version = 1;

type Batch = { changes: Map<string, string | undefined>; written: Promise<void> };

/**
 * The documents are in memory, and each write puts all of them into the file: right for some megabytes. Changes that
 * come while a write is under way are written together. A change whose write fails is not there afterwards.
 */
export class LowdbFile implements Documents {
  readonly #low: Low<Map<string, string>>;
  #next: Batch | undefined;
  #writing: Promise<void> = Promise.resolve();

  /**
   * @throws BesedaError `damaged` where the file could not be read: it was put aside, what could be saved took its
   * place, and the next call works; `unsupported` for a newer format; `unavailable`
   */
  static async open(disk: Disk, path: string): Promise<LowdbFile> {
    const low = new Low<Map<string, string>>(new DocumentsFile(disk, path), new Map());
    await low.read();
    return new LowdbFile(low);
  }

  constructor(low: Low<Map<string, string>>) {
    this.#low = low;
  }

  get texts(): ReadonlyMap<string, string> {
    return this.#low.data;
  }

  change(key: string, text: string | undefined): Promise<void> {
    if (!this.#next) {
      const written = this.#writing.then(() => this.#write());
      this.#next = { changes: new Map(), written };
      this.#writing = written.catch(() => {});
    }
    this.#next.changes.set(key, text);
    return this.#next.written;
  }

  /** Resolves when nothing is left to write, whether or not it could be written. */
  idle(): Promise<void> {
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { changes } = this.#next as Batch;
    this.#next = undefined;
    const before = this.#low.data;
    this.#low.data = new Map(before);
    for (const [key, text] of changes) {
      if (text === undefined) this.#low.data.delete(key);
      else this.#low.data.set(key, text);
    }
    try {
      await this.#low.write();
    } catch (thrown) {
      this.#low.data = before;
      throw thrown;
    }
  }
}

/** lowdb's own adapters neither check what they read nor wait for the disk before they rename. */
class DocumentsFile implements Adapter<Map<string, string>> {
  readonly #disk: Disk;
  readonly #path: string;

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
  }

  async read(): Promise<Map<string, string> | null> {
    let bytes: Buffer;
    try {
      bytes = this.#disk.readFileSync(this.#path);
    } catch (thrown) {
      if (systemCode(thrown) === "ENOENT") return null;
      throw unusable(this.#path, thrown);
    }
    try {
      return parseDocuments(bytes, this.#path);
    } catch (thrown) {
      if (thrown instanceof Unreadable) throw this.#putAside(bytes, thrown.message);
      throw thrown;
    }
  }

  async write(documents: Map<string, string>): Promise<void> {
    const { writeFile, rename } = this.#disk.promises;
    try {
      await writeFile(`${this.#path}.new`, toFileText(documents), { mode: 0o600, flush: true });
      await rename(`${this.#path}.new`, this.#path);
    } catch (thrown) {
      throw unusable(this.#path, thrown);
    }
  }

  #putAside(bytes: Buffer, reason: string): unknown {
    const copy = asideName(this.#disk, this.#path, "corrupt");
    const saved = salvageDocuments(bytes);
    try {
      replaceFile(this.#disk, copy, bytes);
      replaceFile(this.#disk, this.#path, toFileText(saved));
    } catch (thrown) {
      return unusable(this.#path, thrown);
    }
    return new BesedaError(`${this.#path} is damaged: ${reason}. It was kept as ${copy}.`, {
      code: "damaged",
      hint: `Try again to go on with the ${saved.size} documents that can be read; look into the copy for the others.`,
    });
  }
}

/** One document a line, so that one that was damaged does not take the others with it. */
function toFileText(documents: ReadonlyMap<string, string>): string {
  const lines = [...documents].map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  const head = JSON.stringify({ format, version }).slice(0, -1);
  return `${sealJson(`${head},"documents":{\n${lines.join(",\n")}\n}}`)}\n`;
}

function parseDocuments(bytes: Buffer, path: string): Map<string, string> {
  const file = parseSealed(withoutLastNewline(bytes));
  if (!isRecord(file) || file.format !== format || typeof file.version !== "number") {
    throw new Unreadable("it does not say what it is");
  }
  if (file.version > version) throw newerFormat(path, file.version, version);
  if (!isRecord(file.documents)) throw new Unreadable("there are no documents in it");
  return toTexts(file.documents);
}

function toTexts(documents: Record<string, unknown>): Map<string, string> {
  return new Map(Object.entries(documents).map(([key, value]) => [key, JSON.stringify(value)]));
}

function salvageDocuments(bytes: Buffer): Map<string, string> {
  const saved = new Map<string, string>();
  for (const line of bytes.toString("utf8").split("\n")) {
    // Indented lines are parts of a document, in a file that somebody formatted.
    if (!line.startsWith('"')) continue;
    try {
      const documents = parseJson(`{${line.replace(/,\r?$/, "")}}`);
      if (isRecord(documents)) for (const [key, text] of toTexts(documents)) saved.set(key, text);
    } catch {
      // This is the line that is damaged; the copy has it.
    }
  }
  return saved;
}

function withoutLastNewline(bytes: Buffer): Buffer {
  return bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes;
}
