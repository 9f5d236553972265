// Decimals of Parquet: as numbers where these have all of their digits, otherwise as the digits themselves.
import type { JsonValue } from "@beseda/core";
import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";

export function isDecimal({ converted_type, logical_type }: SchemaElement): boolean {
  return converted_type === "DECIMAL" || logical_type?.type === "DECIMAL";
}

/** A double keeps so many digits, whichever they are. */
const digitsOfDouble = 15;

export function fitsDouble(element: SchemaElement): boolean {
  return placesOf(element).precision <= digitsOfDouble;
}

function placesOf({ precision, scale, logical_type: logical }: SchemaElement): { precision: number; scale: number } {
  const said = logical?.type === "DECIMAL" ? logical : undefined;
  return { precision: precision ?? said?.precision ?? Number.POSITIVE_INFINITY, scale: scale ?? said?.scale ?? 0 };
}

/** Its decimals come as they are stored: hyparquet multiplies them, which changes their digits. */
export function withStoredDecimals(metadata: FileMetaData, trees: readonly SchemaTree[]): FileMetaData {
  const decimals = new Set(trees.flatMap(decimalsIn));
  const schema = metadata.schema.map((element) => {
    if (!decimals.has(element)) return element;
    const { converted_type: _, logical_type: __, ...stored } = element;
    return stored;
  });
  return { ...metadata, schema };
}

function decimalsIn({ element, children }: SchemaTree): SchemaElement[] {
  if (children.length === 0) return isDecimal(element) ? [element] : [];
  // What variants hold is read by what it says itself.
  return element.logical_type?.type === "VARIANT" ? [] : children.flatMap(decimalsIn);
}

/** Takes what is stored. */
export function decimalReader(element: SchemaElement): (cell: unknown) => JsonValue {
  const { scale } = placesOf(element);
  const power = 10 ** scale;
  // Both are whole numbers that a double holds, so that the division is rounded once.
  return fitsDouble(element)
    ? (cell) => (cell === null || cell === undefined ? null : Number(storedIn(cell)) / power)
    : (cell) => (cell === null || cell === undefined ? null : withPoint(String(storedIn(cell)), scale));
}

function storedIn(cell: unknown): number | bigint {
  if (!(cell instanceof Uint8Array)) return cell as number | bigint;
  if (cell.length === 0) return 0n;
  const hex = Buffer.from(cell.buffer, cell.byteOffset, cell.byteLength).toString("hex");
  return BigInt.asIntN(cell.length * 8, BigInt(`0x${hex}`));
}

function withPoint(digits: string, scale: number): string {
  if (scale === 0) return digits;
  const sign = digits.startsWith("-") ? "-" : "";
  const whole = digits.slice(sign.length).padStart(scale + 1, "0");
  return `${sign}${whole.slice(0, -scale)}.${whole.slice(-scale)}`;
}
