// @beseda/jobs/datasets: datasets in JSONL, CSV and Parquet, in and out, in constant memory.
export { type ColumnScanner, columnsOf } from "./columns.ts";
export type { BadRow, ByteSource, Cells, Column, ColumnType, Dataset, DatasetFormat, Row } from "./dataset.ts";
export { datasetOf, formatOf, type OpenOptions, openDataset } from "./open-dataset.ts";
export { type ByteSink, fileSink } from "./output-file.ts";
export type { WritableCells } from "./row-encoder.ts";
export { rowInput } from "./row-input/row-input.ts";
export type { RowInput } from "./row-input/row-parts.ts";
export { type DatasetWriter, type WriteOptions, writeDataset } from "./write-dataset.ts";
