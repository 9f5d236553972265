// What a method of the fake's gRPC services is: a function from JSON to JSON, which may refuse.
import type { FakeCall } from "../fake-service.ts";
import type { FakeQuota } from "../quotas.ts";
import type { Json } from "./proto-json.ts";

/** `gone` is aborted when the client has left. */
export type MethodCall = Pick<FakeCall, "headers" | "entry" | "gone">;

export type Method = {
  /** Which quota it is counted on, from when it is let in to its end. */
  quota?: FakeQuota;
  /** What is answered is charged. Where it is not so simple, the method itself sets `entry.billed`. */
  isBilled?: true;
  /** A streamed method gives its messages one by one. Throws a `Refusal`. */
  answer(request: Json, call: MethodCall): Json | Promise<Json> | AsyncIterable<Json>;
};

/** By full name, `package.Service/Method`. What is not among them is answered with UNIMPLEMENTED. */
export type Methods = Readonly<Record<string, Method>>;

/** `create` is the method `Create` of the service. What is no method with manners of its own is its answer. */
export function methodsOf(service: string, methods: Record<string, Method | Method["answer"]>): Methods {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      `${service}/${name.charAt(0).toUpperCase()}${name.slice(1)}`,
      typeof method === "function" ? { answer: method } : method,
    ]),
  );
}
