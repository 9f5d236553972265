// Rows out of CSV: RFC 4180 in UTF-8, separated by what separates the header. All cells are texts.
import type { BadRow, ByteSource, Cells, Column, Dataset, Row } from "../dataset.ts";
import { emptyDataset, withoutRows } from "../file-source.ts";
import { checkHeader, wrongHeader } from "./csv-header.ts";
import { type CsvRecord, csvRecords } from "./csv-records.ts";

/** @throws BesedaError `invalid-argument` where the first record cannot be a header */
export async function openCsv(source: ByteSource): Promise<Dataset> {
  const { name } = source;
  const names = await headerOf(source);
  const columns: Column[] = names.map((column) => ({ name: column, type: "string" }));
  return { name, format: "csv", columns, rows: () => csvRows(source, names) };
}

async function headerOf(source: ByteSource): Promise<string[]> {
  for await (const [header] of csvRecords(source)) {
    if (!header) continue;
    if (header.problem !== undefined) throw wrongHeader(source.name, header.problem);
    return checkHeader(source.name, header.fields);
  }
  throw emptyDataset(source.name);
}

async function* csvRows(source: ByteSource, names: readonly string[]): AsyncGenerator<(Row | BadRow)[]> {
  let number = -1;
  for await (const records of csvRecords(source, names.length)) {
    const rows: (Row | BadRow)[] = [];
    for (const record of records) {
      number++;
      if (number > 0) rows.push(toRow(number, record, names));
    }
    if (rows.length > 0) yield rows;
  }
  if (number < 1) throw withoutRows(source.name);
}

function toRow(number: number, { line, fields, problem }: CsvRecord, names: readonly string[]): Row | BadRow {
  if (problem !== undefined) return { number, line, problem };
  const cells: Cells = {};
  for (let index = 0; index < names.length; index++) cells[names[index] as string] = fields[index] as string;
  return { number, cells };
}
