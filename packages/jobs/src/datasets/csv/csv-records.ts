// The records of a CSV file: parsed by csv-parse, which begins anew behind a record that is none.
import { CsvError, Parser } from "csv-parse";
import type { ByteSource } from "../dataset.ts";
import { separatorOf } from "./csv-header.ts";
import { HeldText } from "./held-text.ts";
import { utf8Blocks } from "./utf8-blocks.ts";

/** `line` is where it begins, counted from 1; only of one with a problem. */
export type CsvRecord =
  | { fields: string[]; line?: undefined; problem?: undefined }
  | { line: number; problem: string; fields?: undefined };

/** A longer record is none: memory has to hold it. */
const longestRecord = 64 * 1024 * 1024;

/**
 * As many at once as a block of bytes held, the header among them; where a quote stands wrong, the next line is read as a
 * record again.
 * @param width how many fields each has to have
 */
export async function* csvRecords(source: ByteSource, width?: number): AsyncGenerator<CsvRecord[]> {
  const reading = new CsvReading(width);
  for await (const { block, isUtf8 } of utf8Blocks(source)) yield await reading.take(block, isUtf8);
  yield await reading.end();
}

class CsvReading {
  readonly #width: number | undefined;
  /** From the beginning of the record that is being read. */
  readonly #text = new HeldText();
  #separator: string | undefined;
  /** None while the rest of a line is awaited that is no record. */
  #parser: Parser | undefined;
  /** Where the parser began and where the last record ended, in bytes of the whole. */
  #begun = 0;
  #ended = 0;
  #isUtf8 = true;
  #records: CsvRecord[] = [];

  constructor(width: number | undefined) {
    this.#width = width;
  }

  async take(block: Buffer, isUtf8: boolean): Promise<CsvRecord[]> {
    const start = this.#text.end;
    if (!isUtf8) this.#isUtf8 = false;
    this.#text.append(block);
    if (start === 0) {
      this.#separator = separatorOf(block);
      this.#parser = this.#newParser();
    }
    if (this.#parser) await this.#feed(this.#parser, block);
    else await this.#beginAnew();
    this.#text.dropBefore(this.#ended);
    if (this.#ended >= start) this.#isUtf8 = isUtf8;
    return this.#taken();
  }

  async end(): Promise<CsvRecord[]> {
    while (this.#parser) await this.#feed(this.#parser);
    return this.#taken();
  }

  #taken(): CsvRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /** @param bytes nothing where the end is reached */
  async #feed(parser: Parser, bytes?: Buffer): Promise<void> {
    const flaw = await fed(parser, bytes);
    if (!bytes) this.#parser = undefined;
    if (!flaw) return;
    this.#records.push(this.#wrong(problemOf(flaw)));
    await this.#beginAnew();
  }

  /** Behind the line in which the record that is none began, where that line is whole. */
  async #beginAnew(): Promise<void> {
    this.#parser = undefined;
    const next = this.#text.nextLine(this.#text.behindEmptyLines(this.#ended));
    if (next === undefined) return;
    this.#begun = next;
    this.#ended = next;
    this.#parser = this.#newParser();
    await this.#feed(this.#parser, this.#text.from(next));
  }

  #newParser(): Parser {
    const parser = new Parser({
      delimiter: this.#separator ?? ",",
      record_delimiter: ["\r\n", "\n"],
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: longestRecord,
      // What is given back as nothing does not go through the stream.
      on_record: (fields: string[], { bytes }) => void this.#add(fields, this.#begun + bytes),
    });
    // Told to whoever writes, too.
    return parser.on("error", () => {});
  }

  #add(fields: string[], end: number): void {
    const problem = this.#problemOf(fields);
    this.#records.push(problem === undefined ? { fields } : this.#wrong(problem));
    this.#ended = end;
  }

  #problemOf(fields: readonly string[]): string | undefined {
    if (!this.#isUtf8 && fields.some((field) => field.includes("\uFFFD"))) {
      return "it is not UTF-8: save the file as UTF-8";
    }
    if (this.#width === undefined || fields.length === this.#width) return undefined;
    return `it has ${fields.length} field${fields.length === 1 ? "" : "s"}, and the header has ${this.#width}`;
  }

  #wrong(problem: string): CsvRecord {
    return { line: this.#text.lineAt(this.#text.behindEmptyLines(this.#ended)), problem };
  }
}

function fed(parser: Parser, bytes: Buffer | undefined): Promise<CsvError | undefined> {
  return new Promise((resolve, reject) => {
    const done = (flaw?: Error | null) => {
      if (!flaw) resolve(undefined);
      else if (flaw instanceof CsvError) resolve(flaw);
      else reject(flaw);
    };
    if (bytes) parser.write(bytes, done);
    else parser.end(done);
  });
}

function problemOf({ code }: CsvError): string {
  switch (code) {
    case "CSV_QUOTE_NOT_CLOSED":
      return "a quote that is opened in it is not closed";
    case "CSV_MAX_RECORD_SIZE":
      return `it is longer than ${longestRecord / 1024 / 1024} MB: is a quote not closed?`;
    default:
      return 'a quote stands wrong: a field with quotes is put into quotes, and those in it are doubled, as in "say ""hi"""';
  }
}
