import { describe, expect, it } from "vitest";
import { BesedaError } from "../errors.ts";
import { aboutReply, errorInBody, statusError } from "./reply-error.ts";

describe("an error in the manner of gRPC", () => {
  it.each([
    [3, "rejected", 400, false],
    [4, "unavailable", 504, true],
    [5, "not-found", 404, false],
    [7, "unauthorized", 403, false],
    [8, "rate-limited", 429, true],
    [12, "unsupported", 501, false],
    [13, "unavailable", 500, true],
    [14, "unavailable", 503, true],
    [16, "unauthorized", 401, false],
  ])("of code %i is %s, as with the status %i, wherever the code stands", (code, expected, status, isRetryable) => {
    for (const body of [
      { error: { code, message: "why" } },
      { error: "why", code, message: "why", details: [] },
      { error: { grpcCode: code, message: "why" } },
      { error: { grpcCode: code, httpCode: status, message: "why", httpStatus: "words" } },
    ]) {
      const error = errorInBody(body);
      expect(error).toMatchObject({ code: expected, status, isRetryable });
      expect(error?.message).toBe("The service reported an error: why");
    }
  });

  it("goes by its HTTP status where it has one, whatever the code says", () => {
    const body = JSON.stringify({ code: 14, message: "why", details: [] });
    expect(statusError({ url: new URL("http://a.test/b"), status: 400, headers: {}, body })).toMatchObject({
      code: "rejected",
      status: 400,
      message: "http://a.test answered 400: why",
    });
  });

  it("brings the id of the request among its details, where the headers have none", () => {
    const info = { "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId: "in-details" };
    const body = { code: 16, message: "why", details: [{ "@type": "other" }, info] };
    const reply = { url: new URL("http://a.test/b"), status: 401, body: JSON.stringify(body) };
    expect(statusError({ ...reply, headers: {} }).requestId).toBe("in-details");
    expect(statusError({ ...reply, headers: { "x-request-id": "in-header" } }).requestId).toBe("in-header");
    expect(errorInBody({ error: body })?.requestId).toBe("in-details");
  });

  it("is not seen in a code that is none of gRPC", () => {
    for (const code of [0, 17, -1, 1.5, "8", null]) {
      expect(errorInBody({ error: { code, message: "why" } })).toMatchObject({
        code: "unavailable",
        status: undefined,
      });
    }
  });
});

it("an error keeps the trace of the service beside the id of the request", () => {
  const headers = { "x-request-id": "request", "x-server-trace-id": "trace" };
  const url = new URL("http://a.test/b");
  const both = { requestId: "request", traceId: "trace" };
  expect(statusError({ url, status: 500, headers, body: "" })).toMatchObject(both);
  const found = aboutReply(new BesedaError("why", { code: "rejected", status: 429 }), { status: 200, headers });
  expect(found).toMatchObject({ ...both, status: 429 });
  expect(found.with({ hint: "what next" })).toMatchObject({ ...both, hint: "what next", message: "why" });
});

it("an error before any reply has no status", () => {
  const lost = new BesedaError("The connection failed.", { code: "unavailable" });
  expect(aboutReply(lost, { status: 0, headers: {} }).status).toBeUndefined();
});

it("an error in a list, as Gemini sends it over its OpenAI-compatible API, is told in its own words", () => {
  const body = JSON.stringify([{ error: { code: 400, message: "API key not valid.", status: "INVALID_ARGUMENT" } }]);
  const { message } = statusError({ url: new URL("http://a.test/b"), status: 400, headers: {}, body });
  expect(message).toBe("http://a.test answered 400: API key not valid.");
});
