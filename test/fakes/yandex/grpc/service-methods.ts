// The methods that the fake knows, read from its own .proto files: made from the description of the API, not from the client.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import protobuf from "protobufjs";

/** `path` is `/package.Service/Method`. */
export type ServiceMethod = {
  readonly path: string;
  readonly request: protobuf.Type;
  readonly response: protobuf.Type;
  readonly isStreamed: boolean;
};

const folder = join(import.meta.dirname, "protos");

export const protoRoot = loadRoot();

/** By service, `package.Service`. */
export const serviceMethods: ReadonlyMap<string, readonly ServiceMethod[]> = new Map(
  servicesIn(protoRoot).map((service) => {
    const name = service.fullName.slice(1);
    return [name, service.methodsArray.map((method) => methodOf(name, method))];
  }),
);

function loadRoot(): protobuf.Root {
  const root = new protobuf.Root();
  root.resolvePath = (_importer, path) => (path.startsWith("google/") ? path : join(folder, path));
  root.loadSync(readdirSync(folder).toSorted());
  root.resolveAll();
  return root;
}

function servicesIn(space: protobuf.NamespaceBase): protobuf.Service[] {
  return space.nestedArray.flatMap((each) => {
    if (each instanceof protobuf.Service) return [each];
    return each instanceof protobuf.Namespace ? servicesIn(each) : [];
  });
}

function methodOf(service: string, method: protobuf.Method): ServiceMethod {
  const { name, resolvedRequestType, resolvedResponseType, responseStream = false } = method;
  if (!resolvedRequestType || !resolvedResponseType) throw new Error(`${service}/${name} has unknown messages`);
  return {
    path: `/${service}/${name}`,
    request: resolvedRequestType,
    response: resolvedResponseType,
    isStreamed: responseStream,
  };
}
