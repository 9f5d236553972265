// Between the bytes of gRPC and the JSON of REST, by the rules of protobuf-JSON: all doors of the fake speak one language inside.
import protobuf from "protobufjs";
import { Refusal } from "../fake-service.ts";
import { fromWellKnown, isWellKnown, toWellKnown } from "./well-known-types.ts";

export type Json = Record<string, unknown>;

/**
 * Names in camelCase, int64 as strings, enums by their names, what was not sent left out.
 *
 * @throws Refusal 3 for fields that the message does not have, 13 for what is no message
 */
export function decode(type: protobuf.Type, bytes: Uint8Array): Json {
  try {
    refuseUnknown(type, protobuf.Reader.create(bytes));
    return toJson(type, type.decode(bytes)) as Json;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(13, `failed to unmarshal the received message: ${error}`);
  }
}

/** What the message does not have is a mistake of the fake, and throws. */
export function encode(type: protobuf.Type, json: Json): Buffer {
  return Buffer.from(type.encode(toMessage(type, json)).finish());
}

/** A decoder passes over them; the fake does not, to tell who writes what nobody reads. */
function refuseUnknown(type: protobuf.Type, reader: protobuf.Reader): void {
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const field = type.fieldsById[tag >>> 3];
    if (!field) throw new Refusal(3, `unknown field ${tag >>> 3} in ${type.fullName.slice(1)}`);
    const inner = field.resolve().resolvedType;
    if (inner instanceof protobuf.Type && !field.map && (tag & 7) === 2) {
      refuseUnknown(inner, protobuf.Reader.create(reader.bytes()));
    } else reader.skipType(tag & 7);
  }
}

function toJson(type: protobuf.Type, message: protobuf.Message): unknown {
  const values = message as protobuf.Message & Json;
  if (isWellKnown(type))
    return fromWellKnown(type, values, (inner, bytes) => toJson(inner, inner.decode(bytes)) as Json);
  const present = type.fieldsArray.filter(({ name }) => Object.hasOwn(values, name));
  return Object.fromEntries(
    present.map((field) => [field.name, each(field, values[field.name], (value) => scalarToJson(field, value))]),
  );
}

function scalarToJson({ resolvedType, type }: protobuf.Field, value: unknown): unknown {
  if (resolvedType instanceof protobuf.Type) return toJson(resolvedType, value as protobuf.Message);
  if (resolvedType) return resolvedType.valuesById[value as number] ?? value;
  if (type === "int64") return String(value);
  return type === "bytes" ? Buffer.from(value as Uint8Array).toString("base64") : value;
}

function toMessage(type: protobuf.Type, json: unknown): Json {
  if (isWellKnown(type)) {
    return toWellKnown(type, json, (inner, content) => inner.encode(toMessage(inner, content)).finish());
  }
  return Object.fromEntries(
    Object.entries(json as Json).flatMap(([name, value]) => {
      const field = type.fields[name];
      if (!field) throw new Error(`The fake answers with ${name}, which ${type.fullName} does not have`);
      if (value === undefined || value === null) return [];
      return [[name, each(field, value, (inner) => scalarToMessage(field, inner))]];
    }),
  );
}

function scalarToMessage({ name, resolvedType, type }: protobuf.Field, value: unknown): unknown {
  if (resolvedType instanceof protobuf.Type) return toMessage(resolvedType, value);
  if (resolvedType) {
    const number = resolvedType.values[value as string];
    if (number === undefined)
      throw new Error(`The fake answers ${name}: ${value}, which ${resolvedType.fullName} does not have`);
    return number;
  }
  if (type === "int64") return String(value);
  return type === "bytes" ? Buffer.from(value as string, "base64") : value;
}

function each(field: protobuf.Field, value: unknown, change: (value: unknown) => unknown): unknown {
  if (field.repeated) return (value as unknown[]).map(change);
  if (!field.map) return change(value);
  return Object.fromEntries(Object.entries(value as Json).map(([key, inner]) => [key, change(inner)]));
}
