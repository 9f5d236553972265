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
const carriageReturn = 13;

/**
 * As many at once as a block of bytes held, the header among them; where a quote stands wrong, the next line is read as a
 * record again.
 * @param width how many fields each has to have
 */
export async function* csvRecords(source: ByteSource, width?: number): AsyncGenerator<CsvRecord[]> {
  let reading: CsvReading | undefined;
  let start: Buffer = Buffer.alloc(0);
  let isStartUtf8 = true;
  for await (const { block, isUtf8 } of utf8Blocks(source)) {
    if (reading) {
      yield await reading.take(block, isUtf8);
      continue;
    }
    start = start.length === 0 ? block : Buffer.concat([start, block]);
    isStartUtf8 &&= isUtf8;
    const dialect = dialectOf(start, false);
    if (!dialect) continue;
    reading = new CsvReading(dialect, width);
    yield await reading.take(start, isStartUtf8);
  }
  if (!reading) {
    reading = new CsvReading(dialectOf(start, true), width);
    yield await reading.take(start, isStartUtf8);
  }
  yield await reading.end();
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
  #stride = Number.POSITIVE_INFINITY;
  #isUtf8 = true;
  #records: CsvRecord[] = [];

  constructor(dialect: Dialect, width: number | undefined) {
    this.#dialect = dialect;
    this.#width = width;
    this.#text = new HeldText(dialect.lineEnd);
    this.#parser = this.#newParser();
  }

  async take(block: Buffer, isUtf8: boolean): Promise<CsvRecord[]> {
    const start = this.#text.end;
    if (!isUtf8) this.#isUtf8 = false;
    this.#text.append(block);
    await this.#read();
    this.#text.dropBefore(this.#ended);
    if (this.#ended >= start) this.#isUtf8 = isUtf8;
    return this.#taken();
  }

  async end(): Promise<CsvRecord[]> {
    while (this.#parser) {
      const flaw = await fed(this.#parser, undefined);
      this.#parser = undefined;
      if (!flaw) break;
      this.#records.push(this.#wrong(problemOf(flaw)));
      await this.#read();
    }
    return this.#taken();
  }

  #taken(): CsvRecord[] {
    const records = this.#records;
    this.#records = [];
    return records;
  }

  /** All that is held. */
  async #read(): Promise<void> {
    for (;;) {
      this.#parser ??= this.#parserOfNextLine();
      if (!this.#parser || this.#given === this.#text.end) return;
      const end = this.#endOfStride();
      const flaw = await fed(this.#parser, this.#text.between(this.#given, end));
      this.#given = end;
      if (!flaw) continue;
      this.#parser = undefined;
      this.#records.push(this.#wrong(problemOf(flaw)));
    }
  }

  #endOfStride(): number {
    const { end } = this.#text;
    if (this.#stride === 0) {
      this.#stride = 1_024;
      return this.#text.nextLine(this.#given) ?? end;
    }
    this.#stride *= 4;
    return Math.min(end, this.#given + this.#stride);
  }

  /** Behind the line in which the record that is none began, where that line is whole. */
  #parserOfNextLine(): Parser | undefined {
    for (;;) {
      const next = this.#text.nextLine(this.#text.behindEmptyLines(this.#ended));
      if (next === undefined) return undefined;
      this.#ended = next;
      if (!this.#isWrongLine()) break;
      this.#records.push(this.#wrong(wrongQuote));
    }
    this.#begun = this.#ended;
    this.#given = this.#ended;
    this.#stride = 0;
    return this.#newParser();
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
