// Loads what gRPC needs, with the first call: two packages that most users of Yandex AI Studio do without.
import { BesedaError } from "@beseda/core";
import type { Root } from "protobufjs";
import { yandexProtos } from "./protos/index.ts";

export type GrpcParts = { grpc: typeof import("@grpc/grpc-js"); root: Root };

let parts: Promise<GrpcParts> | undefined;

/** @throws BesedaError `unsupported` where the packages are not installed */
export function loadGrpc(): Promise<GrpcParts> {
  parts ??= load().catch((error) => {
    parts = undefined;
    throw error;
  });
  return parts;
}

async function load(): Promise<GrpcParts> {
  try {
    const [grpc, { default: protobuf }] = await Promise.all([import("@grpc/grpc-js"), import("protobufjs")]);
    return { grpc, root: parsed(protobuf) };
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new BesedaError("Datasets, tuning and batches of Yandex AI Studio need two more packages.", {
      code: "unsupported",
      hint: "Install them: npm install @grpc/grpc-js protobufjs (with --global, where the beseda command is installed so).",
      cause,
    });
  }
}

const wellKnown = ["any", "field_mask", "struct", "timestamp", "wrappers"];

function parsed(protobuf: typeof import("protobufjs")): Root {
  const root = new protobuf.Root();
  for (const name of wellKnown) root.addJSON(protobuf.common.get(`google/protobuf/${name}.proto`)?.nested ?? {});
  for (const text of yandexProtos) protobuf.parse(text, root);
  return root.resolveAll() as Root;
}

function isMissing(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === "ERR_MODULE_NOT_FOUND";
}
