// Samples of protobuf messages with every field set, so that what another program makes of them shows each number and type.
import protobuf from "protobufjs";
import { isWellKnown } from "../fakes/yandex/grpc/well-known-types.ts";

type Json = Record<string, unknown>;

/** One with all fields that can stand together, and one more for each other member of a oneof. */
export function samplesOf(type: protobuf.Type): Json[] {
  const groups = type.oneofsArray.map(({ fieldsArray }) => fieldsArray);
  const alone = type.fieldsArray.filter((field) => !field.partOf);
  const base = Object.fromEntries(alone.map((field) => [field.name, sampleOf(field)]));
  const most = Math.max(1, ...groups.map(({ length }) => length));
  return Array.from({ length: most }, (_, index) => ({
    ...base,
    ...Object.fromEntries(
      groups.flatMap((fields) => {
        const field = fields[Math.min(index, fields.length - 1)];
        return field ? [[field.name, sampleOf(field)]] : [];
      }),
    ),
  }));
}

export function messagesIn(space: protobuf.NamespaceBase): protobuf.Type[] {
  const nested = space.nestedArray.flatMap((each) => (each instanceof protobuf.Namespace ? messagesIn(each) : []));
  const isOurs = space instanceof protobuf.Type && !space.fullName.startsWith(".google.protobuf.");
  return isOurs ? [space, ...nested] : nested;
}

function sampleOf(field: protobuf.Field): unknown {
  const { resolvedType, type, id } = field.resolve();
  const one = resolvedType instanceof protobuf.Type ? messageOf(resolvedType, id) : scalarOf(type, resolvedType, id);
  if (field.map) return { [`key${id}`]: one };
  return field.repeated ? [one] : one;
}

function messageOf(type: protobuf.Type, id: number): unknown {
  if (!isWellKnown(type)) return samplesOf(type)[0];
  switch (type.name) {
    case "Timestamp":
      return `20${String(10 + (id % 80))}-01-15T10:00:00Z`;
    case "Struct":
      return { number: id, text: "a", list: [true, null, { deep: "b" }] };
    case "Any":
      return { "@type": "type.googleapis.com/yandex.cloud.operation.GetOperationRequest", operationId: `id${id}` };
    case "FieldMask":
      return "name,description";
    case "DoubleValue":
      return id / 8;
    case "BoolValue":
      return true;
    default:
      return String(id);
  }
}

function scalarOf(type: string, resolved: protobuf.ReflectionObject | null, id: number): unknown {
  if (resolved instanceof protobuf.Enum) return Object.keys(resolved.values).at(-1);
  switch (type) {
    case "bool":
      return true;
    case "double":
      return id / 8;
    case "int32":
      return id;
    case "int64":
      return String(id);
    case "bytes":
      return Buffer.from(`bytes${id}`).toString("base64");
    default:
      return `text${id}`;
  }
}
