// Messages and the well-known types in them as plain objects. The public types rest on this file, which needs no library.

export type PlainMessage = Readonly<Record<string, unknown>>;

/** `google.protobuf.Any`. */
export type AnyMessage = { type_url: string; value: Uint8Array };

/** JSON as a `google.protobuf.Struct`. */
export function toStruct(object: Readonly<Record<string, unknown>>): PlainMessage {
  const fields = Object.entries(object).filter(([, value]) => value !== undefined);
  return { fields: Object.fromEntries(fields.map(([key, value]) => [key, toValue(value)])) };
}

function toValue(value: unknown): PlainMessage {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "number") return { numberValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  if (Array.isArray(value)) return { listValue: { values: value.map(toValue) } };
  if (isObject(value)) return { structValue: toStruct(value) };
  return { nullValue: "NULL_VALUE" };
}

export type Timestamp = { seconds: number; nanos: number };

/** ISO 8601. Nothing for a time that no calendar has. */
export function fromTimestamp(time: Timestamp | null | undefined): string | undefined {
  if (!time) return undefined;
  const date = new Date(time.seconds * 1_000 + Math.floor(time.nanos / 1_000_000));
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
