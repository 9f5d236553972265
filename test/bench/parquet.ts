// Parquet read and written by @beseda/jobs against the bare libraries on the same rows: CPU and time as ratios, in pairs.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cells, type Column, openDataset, writeDataset } from "@beseda/jobs/datasets";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from "hyparquet";
import { fileWriter, parquetWriteRows } from "hyparquet-writer";

const rowCount = Number(process.argv[2] ?? 60_000);
const pairs = Number(process.argv[3] ?? 7);
const inGroup = 10_000;

const columns: Column[] = [
  { name: "id", type: "int" },
  { name: "prompt", type: "string" },
  { name: "response", type: "string" },
  { name: "tokens", type: "int" },
  { name: "cost", type: "double" },
  { name: "finish_reason", type: "string" },
  { name: "isCached", type: "boolean" },
  { name: "error", type: "string" },
  { name: "tool_calls", type: { list: { struct: { name: "string", input: "string" } } } },
];

function rowAt(index: number): Cells {
  return {
    id: index,
    prompt: `Вопрос ${index}: сколько будет ${(index * 7919) % 10_007} умножить на ${index % 97}?`,
    response: `Ответ ${(index * 104_729) % 1_000_003}. ${"Подробности следуют. ".repeat(index % 7)}`,
    tokens: 100 + ((index * 31) % 900),
    cost: ((index * 31) % 900) / 7,
    finish_reason: index % 50 === 0 ? "length" : "stop",
    isCached: index % 3 === 0,
    error: index % 1_000 === 0 ? "The service is busy." : null,
    tool_calls: index % 4 === 0 ? [{ name: "calculator", input: `{"a":${index}}` }] : [],
  };
}

/** The bare writer wants integers of 64 bits as such; they are made before the clock starts. */
function bareRow({ id, tokens, ...others }: Cells): Record<string, unknown> {
  return { ...others, id: BigInt(Number(id)), tokens: BigInt(Number(tokens)) };
}

const schema: SchemaElement[] = [
  { name: "root", num_children: columns.length },
  ...columns.flatMap(({ name, type }): SchemaElement[] => {
    const place = { name, repetition_type: "OPTIONAL" } as const;
    if (type === "int") return [{ ...place, type: "INT64" }];
    if (type === "double") return [{ ...place, type: "DOUBLE" }];
    if (type === "boolean") return [{ ...place, type: "BOOLEAN" }];
    if (type === "string") return [{ ...place, type: "BYTE_ARRAY", converted_type: "UTF8" }];
    const field = { type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" } as const;
    return [
      { ...place, num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", repetition_type: "OPTIONAL", num_children: 2 },
      { name: "name", ...field },
      { name: "input", ...field },
    ];
  }),
];

const folder = await mkdtemp(join(tmpdir(), "beseda-bench-parquet-"));
const ourFile = join(folder, "ours.parquet");
const bareFile = join(folder, "bare.parquet");
const rows = Array.from({ length: rowCount }, (_, index) => rowAt(index));
const bareRows = rows.map(bareRow);

async function writeOurs(): Promise<void> {
  const writer = await writeDataset(ourFile, { columns, overwrite: true });
  for (let at = 0; at < rows.length; at += 1_000) await writer.write(rows.slice(at, at + 1_000));
  await writer.close();
}

async function writeBare(): Promise<void> {
  const statistics = (type: Column["type"]) => type === "int" || type === "double";
  const sources = columns.map(({ name, type }) => ({ name, statistics: statistics(type) }));
  await parquetWriteRows({
    writer: fileWriter(bareFile),
    rows: bareRows,
    columns: sources,
    schema,
    rowGroupSize: inGroup,
  });
}

async function readOurs(): Promise<number> {
  let length = 0;
  for await (const read of (await openDataset(ourFile)).rows()) {
    for (const { cells } of read) length += String(cells?.response).length;
  }
  return length;
}

async function readBare(): Promise<number> {
  let length = 0;
  const file = await asyncBufferFromFile(ourFile);
  const metadata = await parquetMetadataAsync(file);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    for (const row of await parquetReadObjects({ file, metadata, rowStart, rowEnd }))
      length += String(row.response).length;
    rowStart = rowEnd;
  }
  return length;
}

type Cost = { cpu: number; wall: number };

async function costOf(run: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { cpu: (user + system) / 1_000, wall: performance.now() - start };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function compare(name: string, ours: () => Promise<unknown>, bare: () => Promise<unknown>): Promise<void> {
  await ours();
  await bare();
  const found: [ours: Cost, bare: Cost][] = [];
  for (let pair = 0; pair < pairs; pair++) {
    // In turns, so that neither always runs on the other's garbage.
    if (pair % 2 === 0) found.push([await costOf(ours), await costOf(bare)]);
    else {
      const first = await costOf(bare);
      found.push([await costOf(ours), first]);
    }
  }
  const ratio = (of: keyof Cost) => median(found.map(([a, b]) => a[of] / b[of])).toFixed(2);
  const perRow = (which: 0 | 1) => ((1_000 * median(found.map((pair) => pair[which].cpu))) / rowCount).toFixed(1);
  console.log(
    `${name.padEnd(8)} CPU ${ratio("cpu")}, time ${ratio("wall")} of the bare library (median of ${pairs} pairs; CPU per row: ${perRow(0)} µs, bare ${perRow(1)} µs)`,
  );
}

try {
  console.log(`${rowCount} rows, ${columns.length} columns, groups of ${inGroup}`);
  await compare("writing", writeOurs, writeBare);
  await compare("reading", readOurs, readBare);
} finally {
  await rm(folder, { recursive: true, force: true });
}
