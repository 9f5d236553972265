import { describe, expect, it } from "vitest";
import { grpcError, ownError, wasNeverSent } from "./grpc-error.ts";

describe("a gRPC status", () => {
  it("tells by its text what was never sent", () => {
    expect(wasNeverSent({ code: 4, message: "Deadline exceeded after 60.002s,Waiting for LB pick" })).toBe(true);
    expect(
      wasNeverSent({ code: 4, message: "Deadline exceeded after 60.002s,LB pick: 0.01s,remote_addr=1.2.3.4:443" }),
    ).toBe(false);
    const error = ownError(
      { code: 4, message: "Deadline exceeded after 60s,Waiting for LB pick" },
      "https://a.example",
    );
    expect(error).toMatchObject({ code: "unavailable", isRetryable: true });
  });

  it("is a sentence before the next step", () => {
    expect(grpcError({ code: 9, message: "Dataset is a draft" }, "https://a.example").advice).toBe(
      "https://a.example answered FAILED_PRECONDITION: Dataset is a draft. It is not in the state that this needs.",
    );
  });
});
