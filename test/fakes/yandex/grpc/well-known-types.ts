// The messages that protobuf-JSON writes in a way of their own: times, wrappers, structs, Any, field masks.
import type protobuf from "protobufjs";

type Json = Record<string, unknown>;

const wrappers = ["DoubleValue", "Int64Value", "BoolValue", "StringValue"];
const others = ["Timestamp", "Struct", "Value", "ListValue", "Any", "FieldMask"];
const prefix = ".google.protobuf.";
const typeUrl = "type.googleapis.com/";

export function isWellKnown({ fullName }: protobuf.Type): boolean {
  return fullName.startsWith(prefix) && [...wrappers, ...others].includes(fullName.slice(prefix.length));
}

/** `decode` reads what an Any holds. */
export function fromWellKnown(
  type: protobuf.Type,
  message: Json,
  decode: (type: protobuf.Type, bytes: Uint8Array) => Json,
): unknown {
  const name = type.fullName.slice(prefix.length);
  if (wrappers.includes(name)) {
    const value = message.value;
    return name === "Int64Value" ? String(value) : value;
  }
  switch (name) {
    case "Timestamp":
      return timeText(Number(message.seconds), Number(message.nanos));
    case "Struct":
      return structJson(message);
    case "Value":
      return valueJson(message);
    case "ListValue":
      return ((message.values as Json[]) ?? []).map(valueJson);
    case "FieldMask":
      return ((message.paths as string[]) ?? []).map(camelCase).join(",");
    default: {
      const url = String(message.type_url);
      return { "@type": url, ...decode(anyType(type, url), message.value as Uint8Array) };
    }
  }
}

/** `encode` writes what an Any holds. */
export function toWellKnown(
  type: protobuf.Type,
  json: unknown,
  encode: (type: protobuf.Type, json: Json) => Uint8Array,
): Json {
  const name = type.fullName.slice(prefix.length);
  if (wrappers.includes(name)) return { value: name === "Int64Value" ? String(json) : json };
  switch (name) {
    case "Timestamp": {
      const ms = Date.parse(json as string);
      return { seconds: Math.floor(ms / 1000), nanos: (((ms % 1000) + 1000) % 1000) * 1_000_000 };
    }
    case "Struct":
      return structMessage(json as Json);
    case "Value":
      return valueMessage(json);
    case "ListValue":
      return { values: (json as unknown[]).map(valueMessage) };
    case "FieldMask":
      return { paths: (json as string).split(",").map(snakeCase) };
    default: {
      const { "@type": url, ...content } = json as Json;
      return { type_url: url, value: encode(anyType(type, String(url)), content) };
    }
  }
}

function anyType(type: protobuf.Type, url: string): protobuf.Type {
  return type.root.lookupType(url.replace(typeUrl, ""));
}

/** To the second where there is nothing below it, as the service writes it. */
function timeText(seconds: number, nanos: number): string {
  return new Date(seconds * 1000 + Math.floor(nanos / 1_000_000)).toISOString().replace(".000Z", "Z");
}

function structJson({ fields = {} }: Json): Json {
  return Object.fromEntries(Object.entries(fields as Json).map(([key, value]) => [key, valueJson(value as Json)]));
}

function valueJson(value: Json): unknown {
  if (Object.hasOwn(value, "structValue")) return structJson(value.structValue as Json);
  if (Object.hasOwn(value, "listValue")) return (((value.listValue as Json).values as Json[]) ?? []).map(valueJson);
  for (const kind of ["numberValue", "stringValue", "boolValue"]) {
    if (Object.hasOwn(value, kind)) return value[kind];
  }
  return null;
}

function structMessage(json: Json): Json {
  return { fields: Object.fromEntries(Object.entries(json).map(([key, value]) => [key, valueMessage(value)])) };
}

/** Every number is a double: a client that asks for 5 gets 5.0. */
function valueMessage(json: unknown): Json {
  if (json === null || json === undefined) return { nullValue: 0 };
  if (typeof json === "number") return { numberValue: json };
  if (typeof json === "string") return { stringValue: json };
  if (typeof json === "boolean") return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(valueMessage) } };
  return { structValue: structMessage(json as Json) };
}

function camelCase(path: string): string {
  return path.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function snakeCase(path: string): string {
  return path.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
