// P5: what the service refuses for good is asked exactly once.
import { describe, expect, it } from "vitest";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";

const refusals: [status: number, code: string, error: object][] = [
  [400, "rejected", { message: "Unrecognized request argument", type: "invalid_request_error" }],
  [401, "unauthorized", { message: "Incorrect API key", type: "invalid_request_error", code: "invalid_api_key" }],
  [403, "unauthorized", { message: "No access", type: "permission_error" }],
  [404, "not-found", { message: "No such model", type: "invalid_request_error", code: "model_not_found" }],
  [413, "too-large", { message: "Too long", type: "invalid_request_error" }],
  [422, "rejected", { message: "Cannot be processed", type: "invalid_request_error" }],
  [429, "rate-limited", { message: "You exceeded your current quota", code: "insufficient_quota" }],
  [402, "rate-limited", { message: "Insufficient balance", type: "insufficient_balance" }],
];

describe("What the service refuses for good is asked exactly once", () => {
  let requests = 0;

  it.each(refusals)("%i, %s", async (status, code, error) => {
    for (const streamed of [true, false]) {
      const server = await serving({ respond: () => ({ status, body: { error } }) });
      const agent = agentOver(server, { streamed, model: { apiKey: "sk-secret-key", retry: { retries: 5 } } });
      const outcome = await outcomeOf(agent, "hi");
      expect(outcome.error).toMatchObject({ code, status, isRetryable: false });
      expect(outcome.result).toMatchObject({ finishReason: "error", text: "" });
      expect(server.requests).toHaveLength(1);
      expect(server.requests[0]).toMatchObject({ billed: false, ended: "done" });
      requests += server.requests.length;
    }
  });

  it("and an error of that kind inside a stream as well", async () => {
    const error = { message: "You exceeded your current quota", code: "insufficient_quota" };
    const server = await serving({ respond: () => ({ raw: [`data: ${JSON.stringify({ error })}\n\n`] }) });
    const outcome = await outcomeOf(agentOver(server), "hi");
    expect(outcome.error).toMatchObject({ code: "rate-limited", isRetryable: false });
    expect(server.requests).toHaveLength(1);
    tell("P5 not retryable", { refusals: refusals.length, runs: requests + 1, requests: requests + 1 });
  });
});
