// Thrift's compact protocol, as far as is needed to see that what is read next is what it says: no length in it leads out of it.

/** Numbers and structs by the ids of their fields; texts and lists are passed over. */
export type Fields = ReadonlyMap<number, number | Fields>;

const deepest = 32;

/** `values` are those that may still come, in all structs together. */
export type ThriftReader = { view: DataView; offset: number; values: number };

/** @throws RangeError for what is no such struct, or has more values than it may */
export function readFields(reader: ThriftReader, depth = 0): Fields {
  if (depth > deepest) throw new RangeError("it is nested too deep");
  const fields = new Map<number, number | Fields>();
  let id = 0;
  for (;;) {
    const head = reader.view.getUint8(reader.offset++);
    const type = head & 15;
    if (type === 0) return fields;
    id = head >> 4 ? id + (head >> 4) : zigzag(varint(reader));
    const value = readValue(reader, type, depth);
    if (value !== undefined) fields.set(id, value);
  }
}

function readValue(reader: ThriftReader, type: number, depth: number): number | Fields | undefined {
  if (--reader.values < 0) throw new RangeError("it has too many values");
  switch (type) {
    case 1:
    case 2:
      return undefined;
    case 3:
      skip(reader, 1);
      return undefined;
    case 4:
    case 5:
      return zigzag(varint(reader));
    case 6:
      longVarint(reader);
      return undefined;
    case 7:
      skip(reader, 8);
      return undefined;
    case 8:
      skip(reader, varint(reader));
      return undefined;
    case 9:
      skipList(reader, depth);
      return undefined;
    case 12:
      return readFields(reader, depth + 1);
    default:
      throw new RangeError(`it has a value of the unknown type ${type}`);
  }
}

function skipList(reader: ThriftReader, depth: number): void {
  if (depth > deepest) throw new RangeError("it is nested too deep");
  const head = reader.view.getUint8(reader.offset++);
  const type = head & 15;
  const size = head >> 4 === 15 ? varint(reader) : head >> 4;
  // Each has a byte at least.
  if (size > reader.view.byteLength - reader.offset) throw new RangeError("a list in it is longer than itself");
  for (let index = 0; index < size; index++) readValue(reader, type === 1 || type === 2 ? 3 : type, depth + 1);
}

function skip(reader: ThriftReader, length: number): void {
  if (length > reader.view.byteLength - reader.offset) throw new RangeError("a value in it is longer than itself");
  reader.offset += length;
}

/** Of 32 bits, as an unsigned number. */
function varint(reader: ThriftReader): number {
  let result = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.view.getUint8(reader.offset++);
    result += (byte & 127) * 2 ** shift;
    if (byte < 128) return result;
  }
  throw new RangeError("a number in it is too long");
}

function longVarint(reader: ThriftReader): void {
  for (let length = 0; length < 10; length++) if (reader.view.getUint8(reader.offset++) < 128) return;
  throw new RangeError("a number in it is too long");
}

function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1);
}
