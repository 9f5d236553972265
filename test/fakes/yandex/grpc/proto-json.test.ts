import protobuf from "protobufjs";
import { describe, expect, it } from "vitest";
import { decode, encode } from "./proto-json.ts";
import { protoRoot, serviceMethods } from "./service-methods.ts";

const type = (name: string) => protoRoot.lookupType(`yandex.cloud.${name}`);

describe("the messages of the fake", () => {
  it("are the same JSON before and after the wire", () => {
    const request = {
      modelUri: "gpt://folder/yandexgpt/latest",
      completionOptions: { stream: true, temperature: 0, maxTokens: "9007199254740993" },
      messages: [
        { role: "user", text: "" },
        {
          role: "assistant",
          toolCallList: {
            toolCalls: [{ functionCall: { name: "add", arguments: { xs: [1, null, "a", true, { b: {} }] } } }],
          },
        },
      ],
      tools: [{ function: { name: "add", parameters: { type: "object", properties: {} }, strict: true } }],
      parallelToolCalls: false,
      toolChoice: { mode: "REQUIRED" },
    };
    const message = type("ai.foundation_models.v1.CompletionRequest");
    expect(decode(message, encode(message, request))).toEqual(request);
  });

  it("carry others in an Any, with times to the millisecond", () => {
    const operation = {
      id: "fds1",
      createdAt: "2026-01-15T10:00:00Z",
      modifiedAt: "2026-01-15T10:00:00.250Z",
      done: true,
      response: {
        "@type": "type.googleapis.com/yandex.cloud.ai.dataset.v1.ValidateDatasetResponse",
        datasetId: "fds2",
        isValid: false,
        errors: [{ error: "Row", errorDescription: "is broken", rowNumbers: ["17"] }],
      },
    };
    const message = type("operation.Operation");
    expect(decode(message, encode(message, operation))).toEqual(operation);
  });

  it("tell a map, a mask and bytes", () => {
    const update = { datasetId: "d", updateMask: "name,datasetId", labels: { a: "1" } };
    const message = type("ai.dataset.v1.UpdateDatasetRequest");
    expect(decode(message, encode(message, update))).toEqual(update);
    const image = type("ai.foundation_models.v1.image_generation.ImageGenerationResponse");
    expect(decode(image, encode(image, { image: "/9j/" }))).toEqual({ image: "/9j/" });
  });

  it("refuse a field that they do not have, however deep", () => {
    const writer = protobuf.Writer.create();
    // completion_options { 9: 1 }
    writer.uint32(18).fork().uint32(72).bool(true).ldelim();
    expect(() => decode(type("ai.foundation_models.v1.CompletionRequest"), writer.finish())).toThrow(
      "unknown field 9 in yandex.cloud.ai.foundation_models.v1.CompletionOptions",
    );
  });

  it("refuse what is no message", () => {
    expect(() => decode(type("operation.Operation"), Buffer.from([10, 200, 1]))).toThrow("failed to unmarshal");
  });

  it("do not let the fake answer with what it has not declared", () => {
    expect(() => encode(type("operation.Operation"), { colour: "red" })).toThrow("colour");
    expect(() => encode(type("ai.dataset.v1.DatasetInfo"), { status: "LOST" })).toThrow("LOST");
  });

  it("belong to methods of which one is streamed", () => {
    const streamed = [...serviceMethods.values()].flat().filter(({ isStreamed }) => isStreamed);
    expect(streamed.map(({ path }) => path)).toEqual([
      "/yandex.cloud.ai.foundation_models.v1.TextGenerationService/Completion",
    ]);
  });
});
