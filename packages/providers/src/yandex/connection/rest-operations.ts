// The operations of the REST API: begun at a path of their own, asked after and called off at another endpoint.
import { BesedaError, type JsonValue, type Operation, type Operations } from "@beseda/core";
import { requestJson } from "@beseda/core/http";
import { digestOf } from "../../digest-of.ts";
import type { QuotaName, YandexConnection } from "./connection.ts";
import { errorOf } from "./error-of.ts";
import { checkedOperationId } from "./operation-id.ts";
import { type Outcome, outcomeOf } from "./operation-outcome.ts";
import { sentOnce } from "./sent-once.ts";
import { toYandexError } from "./yandex-error.ts";

export type RestOperationKind<Request, Response> = {
  path: string;
  quota: QuotaName;
  toBody(request: Request): string;
  /** What stands in `response`, and the operation's id; throws `bad-response` for what is none, which is then the operation's error. */
  read(response: unknown, id: string): Response;
};

/**
 * Beginning one costs money each time it is accepted: see `sentOnce`. Asking and calling off (a GET as well) are free. What
 * is done and failed is an operation with an `error`, not a failed request.
 */
export function restOperations<Request, Response>(
  connection: YandexConnection,
  { path, quota, toBody, read }: RestOperationKind<Request, Response>,
): Operations<Request, Response> {
  async function ask(id: string, verb: "" | ":cancel", signal: AbortSignal | undefined) {
    const path = `/operations/${checkedOperationId(id)}${verb}`;
    const call = connection.request({ at: "operation", path, quota: "operation", signal });
    try {
      return fromOperation(await requestJson({ ...call, errorIn }), read);
    } catch (error) {
      throw error instanceof BesedaError && error.code === "not-found" ? lost(id, error) : error;
    }
  }
  return {
    async submit(request, { signal, key, untilSent } = {}) {
      const call = connection.request({ at: "llm", path, body: toBody(request), quota, signal, untilSent });
      const headers = { ...call.headers, ...(key !== undefined && { "idempotency-key": digestOf(key) }) };
      return fromOperation(await requestJson(sentOnce({ ...call, headers, errorIn })), read);
    },
    poll: (id, { signal } = {}) => ask(id, "", signal),
    cancel: (id, { signal } = {}) => ask(id, ":cancel", signal),
  };
}

/** The service says the same of one that it has forgotten and of one that it never had. */
function lost(id: string, error: BesedaError): BesedaError {
  return error.with({
    message: `The service does not know the operation ${id}, or does not know it any more. ${error.message}`,
    hint: "Results are kept for three days: if it was begun before, it has expired and has to be begun anew. Otherwise check the id, and that the key belongs to the folder in which it was begun.",
  });
}

/** An error of the request itself has no operation around it. */
function errorIn(body: unknown): BesedaError | undefined {
  return typeof (body as WireOperation | null)?.id === "string" ? undefined : errorOf(body);
}

/** Times are null in those of pictures; without `metadata` it is null too. */
type WireOperation = {
  id?: unknown;
  done?: unknown;
  createdAt?: unknown;
  modifiedAt?: unknown;
  metadata?: unknown;
  response?: unknown;
  error?: unknown;
};

type Read<Response> = (response: unknown, id: string) => Response;

function fromOperation<Response>(body: unknown, read: Read<Response>): Operation<Response> {
  const { id, done, createdAt, modifiedAt, metadata, response, error } = (body ?? {}) as WireOperation;
  if (typeof id !== "string" || id === "") throw noOperation();
  return {
    id,
    done: done === true,
    ...(typeof createdAt === "string" && { createdAt }),
    ...(typeof modifiedAt === "string" && { modifiedAt }),
    ...(isObject(metadata) && { metadata }),
    ...(done === true && outcome({ id, response, error }, read)),
  };
}

function outcome<Response>(
  { id, response, error }: WireOperation & { id: string },
  read: Read<Response>,
): Outcome<Response> {
  const failure = isSaidIn(error) || !isObject(response) ? errorOf({ error }) : undefined;
  return outcomeOf(id, failure && toYandexError(failure), () => read(response, id));
}

/** Beside a response an error with neither a word nor a code is none: gRPC's 0 is OK. */
function isSaidIn(error: unknown): boolean {
  if (!isObject(error)) return true;
  return Boolean(error.message || error.code || error.grpcCode || error.error);
}

function isObject(value: unknown): value is Record<string, JsonValue> {
  return typeof value === "object" && value !== null;
}

function noOperation(): BesedaError {
  return new BesedaError("Yandex AI Studio answered with something that is no operation.", {
    code: "bad-response",
    hint: "Check the endpoints: llm takes requests, operation tells what became of them.",
  });
}
