// Messages as plain objects: what goes out is checked field by field, what comes in has its defaults filled in.
import { BesedaError, type JsonValue } from "@beseda/core";
import type { Field, Root, Type } from "protobufjs";
import type { AnyMessage, PlainMessage } from "./plain-message.ts";

/** Integers of 64 bits are sizes and counts here, which a number holds exactly. */
const asPlain = { longs: Number, enums: String, defaults: true } as const;

/**
 * protobufjs leaves out what it does not know and forces what does not fit: neither would be noticed.
 * @throws BesedaError `invalid-argument` with the place of a field that is not there or does not fit
 */
export function encodeMessage(type: Type, message: PlainMessage): Buffer {
  const problem = problemOf(type, message);
  if (problem) {
    throw new BesedaError(`The request does not fit: ${problem}.`, {
      code: "invalid-argument",
      hint: "Correct that setting, or leave it out.",
    });
  }
  return Buffer.from(type.encode(type.fromObject({ ...message })).finish());
}

/** @throws BesedaError `bad-response` for bytes that are no such message */
export function decodeMessage(type: Type, bytes: Uint8Array): PlainMessage {
  try {
    return type.toObject(type.decode(bytes), asPlain);
  } catch (cause) {
    throw new BesedaError(`Yandex AI Studio answered with something that is no ${type.name}.`, {
      code: "bad-response",
      hint: "Check the endpoint grpc.",
      cause,
    });
  }
}

/** What an `Any` holds, as JSON; what is not known or cannot be read is left in base64. Nothing for one that is not there. */
export function unpack(
  root: Root,
  any: AnyMessage | null | undefined,
): Readonly<Record<string, JsonValue>> | undefined {
  if (!any?.type_url) return undefined;
  const type = messageTypeOf(root, any.type_url.slice(any.type_url.lastIndexOf("/") + 1));
  try {
    if (type) return type.toObject(type.decode(any.value), { ...asPlain, bytes: String });
  } catch {
    // It may be told of what was accepted and is paid for: that is no reason to fail.
  }
  return { "@type": any.type_url, value: Buffer.from(any.value).toString("base64") };
}

function messageTypeOf(root: Root, name: string): Type | undefined {
  try {
    return root.lookupType(name);
  } catch {
    return undefined;
  }
}

/** The first thing about it that cannot be, with its place, such as `lora.rank has to be a whole number`. */
export function problemOf(type: Type, message: unknown, path = ""): string | undefined {
  if (!isObject(message)) return `${path || type.name} has to be an object`;
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined || value === null) continue;
    const at = path ? `${path}.${name}` : name;
    const field = type.fields[name];
    if (!field) return `${at} is not known; there are ${Object.keys(type.fields).join(", ")}`;
    const problem = fieldProblem(field, value, at);
    if (problem) return problem;
  }
  for (const { name, oneof } of type.oneofsArray) {
    const given = oneof.filter((each) => message[each] !== undefined && message[each] !== null);
    if (given.length > 1) return `only one of ${given.join(" and ")} can be given${path && ` in ${path}`} (${name})`;
  }
  return undefined;
}

function fieldProblem(field: Field, value: unknown, at: string): string | undefined {
  if (field.map) {
    if (!isObject(value)) return `${at} has to be an object`;
    for (const [key, each] of Object.entries(value)) {
      const problem = valueProblem(field, each, `${at}.${key}`);
      if (problem) return problem;
    }
    return undefined;
  }
  if (!field.repeated) return valueProblem(field, value, at);
  if (!Array.isArray(value)) return `${at} has to be a list`;
  for (const [index, each] of value.entries()) {
    const problem = valueProblem(field, each, `${at}[${index}]`);
    if (problem) return problem;
  }
  return undefined;
}

function valueProblem({ type, resolvedType }: Field, value: unknown, at: string): string | undefined {
  if (resolvedType && "fields" in resolvedType) return problemOf(resolvedType, value, at);
  if (resolvedType) {
    return typeof value === "string" && value in resolvedType.values
      ? undefined
      : `${at} has to be one of ${Object.keys(resolvedType.values).join(", ")}`;
  }
  switch (type) {
    case "string":
      return typeof value === "string" ? undefined : `${at} has to be a text`;
    case "bool":
      return typeof value === "boolean" ? undefined : `${at} has to be true or false`;
    case "double":
      return typeof value === "number" && Number.isFinite(value) ? undefined : `${at} has to be a number`;
    case "int64":
    case "int32":
      return Number.isSafeInteger(value) ? undefined : `${at} has to be a whole number`;
    default:
      return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
