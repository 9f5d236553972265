// The client and the fake have been given their protos by different hands; the fake's are held to the official SDK's.
import { yandexProtos } from "@beseda/providers/yandex/grpc";
import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { decode, encode } from "../fakes/yandex/grpc/proto-json.ts";
import { protoRoot, serviceMethods } from "../fakes/yandex/grpc/service-methods.ts";
import { messagesIn, samplesOf } from "./message-samples.ts";

const clientRoot = new protobuf.Root();
for (const name of ["any", "struct", "wrappers", "timestamp", "field_mask"]) {
  const bundled = protobuf.common.get(`google/protobuf/${name}.proto`);
  clientRoot.addJSON(bundled?.nested ?? {});
}
for (const proto of yandexProtos) protobuf.parse(proto, clientRoot);
clientRoot.resolveAll();

describe("the protos of the client", () => {
  it("write each field under the number and with the type that the fake reads", () => {
    const samples = messagesIn(clientRoot).flatMap((type) =>
      samplesOf(type).map((json) => ({ name: type.fullName, json, bytes: encode(type, json) })),
    );
    expect(samples.length).toBeGreaterThan(80);
    for (const { name, json, bytes } of samples) {
      expect({ name, json: decode(protoRoot.lookupType(nameInFake(name)), bytes) }).toEqual({ name, json });
    }
  });

  it("call methods that are there", () => {
    const paths = [...serviceMethods.values()].flat().map(({ path }) => path);
    const services = [...serviceMethods.keys()].flatMap((name) => clientRoot.lookup(name) ?? []);
    const called = services.flatMap((service) =>
      service instanceof protobuf.Service
        ? service.methodsArray.map(({ name }) => `/${service.fullName.slice(1)}/${name}`)
        : [],
    );
    expect(called.length).toBeGreaterThan(25);
    expect(called.filter((path) => !paths.includes(path))).toEqual([]);
  });
});

/** What the description has five times, the fake has once; what it has inside of another message, one of them has outside. */
function nameInFake(name: string): string {
  return name
    .slice(1)
    .replace(/\.(TextToText|TextClassification)\w+Params/, ".TuningParams")
    .replace(/\.TextEmbedding\w+Params/, ".EmbeddingTuningParams")
    .replace(/\.\w*TuningParams\.(Scheduler|Optimizer)$/, ".$1")
    .replace(/\.BatchErrors$/, ".BatchInferenceTask.ErrorsInfo")
    .replace(/v1\.(LineError|BatchError)$/, "v1.BatchInferenceTask.ErrorsInfo.$1");
}
