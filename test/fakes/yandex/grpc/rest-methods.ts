// Methods that REST has too: they are answered by the very routes of REST, so that there is one logic behind both doors.
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { type FakeCall, type FakeRoute, Refusal } from "../fake-service.ts";
import { type GrpcCode, httpStatus } from "../refusal.ts";
import type { Method, MethodCall, Methods } from "./method-call.ts";
import type { Json } from "./proto-json.ts";

const models = "yandex.cloud.ai.foundation_models.v1";
const paths: Readonly<Record<string, string>> = {
  [`${models}.TextGenerationService/Completion`]: "completion",
  [`${models}.TextGenerationAsyncService/Completion`]: "completionAsync",
  [`${models}.TokenizerService/Tokenize`]: "tokenize",
  [`${models}.TokenizerService/TokenizeCompletion`]: "tokenizeCompletion",
  [`${models}.EmbeddingsService/TextEmbedding`]: "textEmbedding",
  [`${models}.text_classification.TextClassificationService/Classify`]: "textClassification",
  [`${models}.text_classification.TextClassificationService/FewShotClassify`]: "fewShotTextClassification",
  [`${models}.image_generation.ImageGenerationAsyncService/Generate`]: "imageGenerationAsync",
};

export function restMethods(routes: readonly FakeRoute[]): Methods {
  const operation = (suffix: string, quota?: "operation"): Method => ({
    ...(quota && { quota }),
    answer: ({ operationId }, call) => whole(routes, "GET", `/operations/${String(operationId)}${suffix}`, {}, call),
  });
  return {
    ...Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, methodOf(routes, path)])),
    "yandex.cloud.operation.OperationService/Get": operation("", "operation"),
    "yandex.cloud.operation.OperationService/Cancel": operation(":cancel"),
  };
}

function methodOf(routes: readonly FakeRoute[], name: string): Method {
  const path = `/foundationModels/v1/${name}`;
  const { quota, isBilled } = routeAt(routes, "POST", path).route;
  return {
    ...(quota && { quota }),
    ...(isBilled && { isBilled }),
    answer: (request, call) =>
      name === "completion" ? streamed(routes, path, request, call) : whole(routes, "POST", path, request, call),
  };
}

async function whole(
  routes: readonly FakeRoute[],
  method: FakeRoute["method"],
  path: string,
  body: Json,
  call: MethodCall,
): Promise<Json> {
  const { route, match } = routeAt(routes, method, path);
  return (await route.answer(callOf(match, body, call, silentResponse()))) as Json;
}

/** Each line of the route's body is a message; the line of an error ends the stream. */
async function* streamed(
  routes: readonly FakeRoute[],
  path: string,
  body: Json,
  call: MethodCall,
): AsyncGenerator<Json> {
  const { route, match } = routeAt(routes, "POST", path);
  const lines: string[] = [];
  let wake = () => {};
  let hasEnded = false;
  const response = silentResponse((text) => {
    lines.push(...text.split("\n").filter((line) => line !== ""));
    wake();
  });
  const answer = Promise.resolve(route.answer(callOf(match, body, call, response))).finally(() => {
    hasEnded = true;
    wake();
  });
  answer.catch(() => {});
  while (!hasEnded || lines.length > 0) {
    const line = lines.shift();
    if (line !== undefined) yield resultIn(JSON.parse(line));
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
  const reply = await answer;
  if (reply !== undefined) yield resultIn(reply as Json);
  else if (!response.writableEnded) throw new Refusal(14, "Connection dropped");
}

function resultIn({ result, error }: Json): Json {
  if (!error) return result as Json;
  const { grpcCode, message } = error as { grpcCode: GrpcCode; message: string };
  throw new Refusal(grpcCode in httpStatus ? grpcCode : 13, message);
}

function routeAt(routes: readonly FakeRoute[], method: FakeRoute["method"], path: string) {
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match) return { route, match };
  }
  throw new Refusal(5, `${method} ${path} is not found`);
}

function callOf(match: RegExpExecArray, body: Json, call: MethodCall, response: ServerResponse): FakeCall {
  return { ...call, match, query: new URLSearchParams(), body, bytes: Buffer.alloc(0), response };
}

/** A response of nobody: what is written goes to `written`. */
function silentResponse(written: (text: string) => void = () => {}): ServerResponse {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  response.write = (chunk: unknown) => {
    written(String(chunk));
    return true;
  };
  response.flushHeaders = () => {};
  return response;
}
