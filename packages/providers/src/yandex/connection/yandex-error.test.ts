import { BesedaError } from "@beseda/core";
import { errorInBody, type FailedReply, statusError } from "@beseda/core/http";
import { describe, expect, it } from "vitest";
import { toYandexError } from "./yandex-error.ts";

const url = new URL("https://llm.api.cloud.yandex.net/foundationModels/v1/completion");

type Shape = (grpcCode: number, status: number, message: string) => unknown;

/** The bodies that its endpoints have for one and the same error. */
const shapes: Record<string, Shape> = {
  streaming: (grpcCode, httpCode, message) => ({
    error: { grpcCode, httpCode, message, httpStatus: "Words", details: [] },
  }),
  unary: (code, _status, message) => ({ error: message, code, message, details: [] }),
  "with a plain text": (_code, _status, message) => ({ error: message }),
  general: (code, _status, message) => ({ code, message, details: [{ "@type": "x.RequestInfo", requestId: "r" }] }),
  "OpenAI's": (_code, _status, message) => ({ error: { message, type: "some_error", param: null, code: null } }),
};

function failed(status: number, body: unknown, headers: FailedReply["headers"] = {}): BesedaError {
  return statusError({ url, status, headers, body: typeof body === "string" ? body : JSON.stringify(body) });
}

const tooMany = "ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests";

describe.each(Object.entries(shapes))("in the shape %s", (_name, shape) => {
  it.each([
    [401, 16, "Unknown api key", "unauthorized", /api-key create/],
    [401, 16, "The apikey has expired", "unauthorized", /has expired\..*api-key create/],
    [401, 16, "The token is invalid", "unauthorized", /serviceAccountKey/],
    [403, 7, "Permission denied", "unauthorized", /ai\.languageModels\.user/],
    [
      400,
      3,
      "Specified folder ID 'b1gone' does not match with service account folder ID 'b1gtwo'",
      "invalid-argument",
      /folderId \(YC_FOLDER_ID\) to b1gtwo, .*the folder b1gone/,
    ],
    [400, 3, "Failed to parse model URI", "invalid-argument", /yandex\.models\(\)/],
    [400, 3, "Failed to get model", "not-found", /yandex\.models\(\), or “beseda models”/],
    [404, 5, "Failed to get model", "not-found", /yandex\.models\(\), or “beseda models”/],
    [400, 3, "number of input tokens must be no more than 8192, got 9136", "too-large", /Send less/],
    [400, 3, "text length is 349354, which is outside the range (0, 100000]", "too-large", /Send less/],
    [400, 3, "text length is 0, which is outside the range (0, 100000]", "invalid-argument", /empty/],
    [400, 3, "empty message text", "invalid-argument", /no text/],
    [400, 3, "Invalid temperature value", "invalid-argument", /from 0 to 1/],
    [429, 8, tooMany, "rate-limited", /allows 10 at once.*larger/],
    [
      429,
      8,
      "ai.embeddingsTextEmbeddingRequestsPerSecond.rate rate quota limit exceed: allowed 10 requests",
      "rate-limited",
      /10 requests per second/,
    ],
    [
      429,
      8,
      "ai.textGenerationCompletionRequestsPerHour.rate rate quota limit exceed: allowed 100 requests",
      "rate-limited",
      /until the hour has passed.*larger/,
    ],
  ] as const)("%i %i %s", (status, grpcCode, message, code, hint) => {
    const error = toYandexError(failed(status, shape(grpcCode, status, message)), "completion");
    expect(error).toMatchObject({ code, status, hint: expect.stringMatching(hint), isRetryable: status === 429 });
    expect(error.message).toContain(message);
  });
});

describe("an error of the service", () => {
  it("that comes with status 200 is told by its code", () => {
    for (const body of [
      shapes.streaming?.(8, 429, tooMany),
      shapes.unary?.(8, 429, tooMany),
      { error: { code: 8, message: tooMany, details: [] } },
    ]) {
      const error = errorInBody(body);
      expect(error && toYandexError(error)).toMatchObject({
        code: "rate-limited",
        status: 429,
        isRetryable: true,
        hint: expect.stringContaining("allows 10 at once"),
      });
    }
  });

  it("gives both ids that the support asks for, where there are two", () => {
    const ids = { "x-request-id": "r-1", "x-server-trace-id": "t-1" };
    expect(toYandexError(failed(500, "", ids))).toMatchObject({
      requestId: "r-1",
      traceId: "t-1",
      isRetryable: true,
      hint: expect.stringContaining("For the support: request r-1, trace t-1."),
    });
    const twice = toYandexError(toYandexError(failed(500, "", ids)));
    expect(twice.hint?.match(/For the support/g)).toHaveLength(1);
    const one = toYandexError(failed(500, "", { "x-server-trace-id": "t-1" }));
    expect(one.requestId).toBe("t-1");
    expect(one.hint).not.toContain("support");
  });

  it("names the role that the call needs", () => {
    const denied = failed(403, shapes.unary?.(7, 403, "Permission denied"));
    expect(toYandexError(denied, "image").hint).toMatch(/ai\.imageGeneration\.user.*yc\.ai\.imageGeneration\.execute/);
    expect(toYandexError(denied, "responses").hint).toContain("ai.assistants.editor");
    expect(toYandexError(denied).hint).toContain("ai.imageGeneration.user for images");
  });

  it("stays as it is where nothing more is known of it", () => {
    const lost = new BesedaError("lost", { code: "unavailable", hint: "Try again.", isRetryable: true });
    expect(toYandexError(lost)).toMatchObject({ message: "lost", code: "unavailable", hint: "Try again." });
    const limited = toYandexError(failed(429, "<h1>busy</h1>"));
    expect(limited).toMatchObject({ code: "rate-limited", hint: "Wait, or ask for a larger quota." });
    const gone = failed(404, shapes.unary?.(5, 404, "operation is gone"));
    expect(toYandexError(gone, "operation").hint).not.toContain("yandex.models");
    expect(toYandexError(gone, "completion").hint).toContain("yandex.models");
  });
});
