// The records of a CSV file: parsed by csv-parse, which begins anew behind a record that is none.
import { CsvError, Parser } from "csv-parse";
import type { ByteSource } from "../dataset.ts";
import { type Dialect, dialectOf } from "./dialect.ts";
import { HeldText } from "./held-text.ts";
import { utf8Blocks } from "./utf8-blocks.ts";
import { hasWrongQuote } from "./wrong-quote.ts";

/** `line` is where it begins, counted from 1; only of one with a problem. */
export type CsvRecord =
  | { fields: string[]; line?: undefined; problem?: undefined }
  | { line: number; problem: string; fields?: undefined };

/** A longer record is none: memory has to hold it. */
const longestRecord = 64 * 1024 * 1024;
/** What is parsed before its records are handed on: behind a quote that is not closed, so much as the longest record is held. */
const longestStride = 512 * 1024;
const recordsAtOnce = 10_000;
const carriageReturn = 13;

/**
 * About as many at once as a block of bytes held, the header among them; where a quote stands wrong, the next line is read as a
 * record again.
 * @param width how many fields each has to have
 */
export async function* csvRecords(source: ByteSource, width?: number): AsyncGenerator<CsvRecord[]> {
  let reading: CsvReading | undefined;
  let start: Buffer = Buffer.alloc(0);
  let isStartUtf8 = true;
  for await (const { block, isUtf8 } of utf8Blocks(source)) {
    if (reading) {
      yield* reading.take(block, isUtf8);
      continue;
    }
    start = start.length === 0 ? block : Buffer.concat([start, block]);
    isStartUtf8 &&= isUtf8;
    const dialect = dialectOf(start, false);
    if (!dialect) continue;
    reading = new CsvReading(dialect, width);
    yield* reading.take(start, isStartUtf8);
  }
  if (!reading) {
    reading = new CsvReading(dialectOf(start, true), width);
    yield* reading.take(start, isStartUtf8);
  }
  yield* reading.end();
}

class CsvReading {
  readonly #width: number | undefined;
  readonly #dialect: Dialect;
  /** From the beginning of the record that is being read. */
  readonly #text: HeldText;
  /** None while the rest of a line is awaited that is no record. */
  #parser: Parser | undefined;
  /** Where the parser began, how far it has been given the text, and where the last record ended, in bytes of the whole. */
  #begun = 0;
  #given = 0;
  #ended = 0;
  /** How much the parser gets at once: behind what is no record a line, then more and more. */
  #stride = longestStride;
  #isUtf8 = true;
  #records: CsvRecord[] = [];

  constructor(dialect: Dialect, width: number | undefined) {
    this.#dialect = dialect;
    this.#width = width;
    this.#text = new HeldText(dialect.lineEnd);
    this.#parser = this.#newParser();
  }

  async *take(block: Buffer, isUtf8: boolean): AsyncGenerator<CsvRecord[]> {
    const start = this.#text.end;
    if (!isUtf8) this.#isUtf8 = false;
    this.#text.append(block);
    yield* this.#read();
    if (this.#ended >= start) this.#isUtf8 = isUtf8;
  }

  async *end(): AsyncGenerator<CsvRecord[]> {
    while (this.#parser && !(await this.#feed(this.#parser))) yield* this.#read();
    yield this.#taken();
  }

  /** And forgets the text that they came of. */
  #taken(): CsvRecord[] {
    const records = this.#records;
    this.#records = [];
    this.#text.dropBefore(this.#ended);
    return records;
  }

  /** All that is held, in pieces. */
  async *#read(): AsyncGenerator<CsvRecord[]> {
    for (;;) {
      if (!this.#parser) {
        if (!this.#goToNextLine()) break;
      } else if (this.#given < this.#text.end) {
        const end = this.#endOfStride();
        const bytes = this.#text.between(this.#given, end);
        this.#given = end;
        await this.#feed(this.#parser, bytes);
      } else break;
      if (this.#records.length >= recordsAtOnce) yield this.#taken();
    }
    if (this.#records.length > 0) yield this.#taken();
  }

  /** @param bytes none: it is the end @returns whether it can be fed on */
  async #feed(parser: Parser, bytes?: Buffer): Promise<boolean> {
    const flaw = await fed(parser, bytes);
    if (!flaw) return true;
    this.#parser = undefined;
    this.#records.push(this.#wrong(problemOf(flaw)));
    return false;
  }

  #endOfStride(): number {
    const { end } = this.#text;
    if (this.#stride === 0) {
      this.#stride = 1_024;
      return this.#text.nextLine(this.#given) ?? end;
    }
    this.#stride = Math.min(4 * this.#stride, longestStride);
    return Math.min(end, this.#given + this.#stride);
  }

  /** Behind the line in which the record that is none began, where that line is whole: parsed, unless it is none either. */
  #goToNextLine(): boolean {
    const next = this.#text.nextLine(this.#text.behindEmptyLines(this.#ended));
    if (next === undefined) return false;
    this.#ended = next;
    if (this.#isWrongLine()) {
      this.#records.push(this.#wrong(wrongQuote));
      return true;
    }
    this.#begun = next;
    this.#given = next;
    this.#stride = 0;
    this.#parser = this.#newParser();
    return true;
  }

  /** Of the one behind the last record, where it is whole. A parser costs far more. */
  #isWrongLine(): boolean {
    const start = this.#text.behindEmptyLines(this.#ended);
    const next = this.#text.nextLine(start);
    if (next === undefined) return false;
    const line = this.#text.between(start, next - 1);
    return hasWrongQuote(line.at(-1) === carriageReturn ? line.subarray(0, -1) : line, this.#dialect.separator);
  }

  #newParser(): Parser {
    const parser = new Parser({
      delimiter: this.#dialect.separator,
      record_delimiter: this.#dialect.lineEnd === "\n" ? ["\r\n", "\n"] : "\r",
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
      return wrongQuote;
  }
}

const wrongQuote =
  'a quote stands wrong: a field with quotes is put into quotes, and those in it are doubled, as in "say ""hi"""';
