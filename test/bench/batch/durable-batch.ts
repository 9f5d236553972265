// The same with what a batch of ours promises, and nothing else of it: a row is done once it is on the disk, and the result
// is Parquet. Has no agent, no tools, no retries, no resume; knows one server and one kind of row.
import { writeFile } from "node:fs/promises";
import { ByteWriter, type ColumnSource, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import Libsql from "libsql";
import { askByUndici } from "./ask-by-undici.ts";
import { measured } from "./measured.ts";
import { type Answer, type BenchRow, queuedRows } from "./queued-rows.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);
/** Between two transactions, as the embedded engine has it at the least. */
const gapMs = 4;
const rowsOfGroup = 5_000;

async function batch(pass: string): Promise<number> {
  const journal = new Journal(`${output}-${pass}.db`);
  const results: (BenchRow & Answer)[] = [];
  const rows = await queuedRows(dataset, Number(concurrency), async (row, number) => {
    const result = { ...row, ...(await askByUndici(url, row.prompt)) };
    await journal.write(number, JSON.stringify(result));
    results[number] = result;
  });
  journal.close();
  await writeFile(`${output}-${pass}.parquet`, toParquet(results));
  return rows;
}

/** What comes within a few milliseconds is one transaction. */
class Journal {
  readonly #database: Libsql.Database;
  readonly #insert: Libsql.Statement;
  #held: { number: number; text: string; done(): void }[] = [];
  #notBefore = 0;

  constructor(path: string) {
    this.#database = new Libsql(path);
    this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    this.#database.exec("CREATE TABLE results (number INTEGER PRIMARY KEY, result TEXT NOT NULL)");
    this.#insert = this.#database.prepare("INSERT INTO results VALUES (?, ?)");
  }

  write(number: number, text: string): Promise<void> {
    return new Promise((done) => {
      if (this.#held.push({ number, text, done }) > 1) return;
      setTimeout(() => this.#commit(), Math.max(0, this.#notBefore - performance.now()));
    });
  }

  close(): void {
    this.#database.close();
  }

  #commit(): void {
    const held = this.#held;
    this.#held = [];
    this.#database.exec("BEGIN IMMEDIATE");
    for (const { number, text } of held) this.#insert.run([number, text]);
    this.#database.exec("COMMIT");
    this.#notBefore = performance.now() + gapMs;
    for (const { done } of held) done();
  }
}

function toParquet(results: readonly (BenchRow & Answer)[]): Uint8Array {
  const columnsOf = (rows: readonly (BenchRow & Answer)[]): ColumnSource[] => [
    { name: "id", data: rows.map(({ id }) => id), type: "INT32" },
    { name: "prompt", data: rows.map(({ prompt }) => prompt), type: "STRING" },
    { name: "response", data: rows.map(({ response }) => response), type: "STRING" },
    { name: "finish_reason", data: rows.map(({ finish_reason }) => finish_reason), type: "STRING" },
    { name: "usage", data: rows.map(({ usage }) => usage), type: "JSON" },
  ];
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema: schemaFromColumnData({ columnData: columnsOf([]) }) });
  for (let first = 0; first < results.length; first += rowsOfGroup) {
    const columnData = columnsOf(results.slice(first, first + rowsOfGroup));
    parquet.write({ columnData, rowGroupSize: rowsOfGroup });
  }
  parquet.finish();
  return writer.getBytes();
}

await measured(batch);
