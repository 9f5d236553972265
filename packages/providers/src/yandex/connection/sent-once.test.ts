import { BesedaError } from "@beseda/core";
import type { Guard } from "@beseda/core/http";
import { describe, expect, it } from "vitest";
import { sentOnce } from "./sent-once.ts";

const failure = (details: { status?: number; cause?: Error; isRetryable?: boolean }) =>
  new BesedaError("It failed.", { code: "unavailable", isRetryable: true, ...details });
const coded = (code: string) => Object.assign(new Error(code), { code });

/** What becomes of a failure after the request went out, or before. */
async function after(error: BesedaError, guard?: Guard, isSent = true) {
  const visit = sentOnce({ url: "http://127.0.0.1", body: "{}", guard }).guard?.begin();
  if (isSent) await visit?.admit(undefined);
  return visit?.failed(error);
}

describe("a request that costs money each time it is accepted", () => {
  it("is not sent again where it may have been accepted, and the error says so", async () => {
    for (const cause of [coded("ECONNRESET"), coded("UND_ERR_SOCKET"), coded("UND_ERR_HEADERS_TIMEOUT")]) {
      expect((await after(failure({ cause })))?.again, cause.message).toBe("never");
    }
    for (const status of [502, 504, 408, 409]) {
      const { error, again } = (await after(failure({ status }))) ?? {};
      expect(again, `${status}`).toBe("never");
      expect(error).toMatchObject({ status, isRetryable: false, hint: expect.stringContaining("not known whether") });
    }
  });

  it("goes by the retry policy where it was surely not accepted", async () => {
    const errors = [
      ...[429, 500, 503].map((status) => failure({ status })),
      ...["ECONNREFUSED", "ENOTFOUND", "UND_ERR_CONNECT_TIMEOUT"].map((code) => failure({ cause: coded(code) })),
      failure({ status: 400, isRetryable: false }),
    ];
    for (const error of errors) expect(await after(error)).toEqual({ error });
  });

  it("does so too where it did not get as far as being sent, such as for want of a token", async () => {
    const error = failure({ status: 504 });
    expect(await after(error, undefined, false)).toEqual({ error });
  });

  it("keeps what its guard does: headers, what errors mean, what is tried at once", async () => {
    let ends = 0;
    const told = failure({ status: 401, isRetryable: false });
    const guard: Guard = {
      begin: () => ({
        admit: () => ({ authorization: "Bearer t1.fresh" }),
        failed: () => ({ error: told, again: "now" }),
        end: () => ends++,
      }),
    };
    const visit = sentOnce({ url: "http://127.0.0.1", guard }).guard?.begin();
    expect(await visit?.admit(undefined)).toEqual({ authorization: "Bearer t1.fresh" });
    expect(visit?.failed(failure({ status: 401, isRetryable: false }))).toEqual({ error: told, again: "now" });
    visit?.end();
    expect(ends).toBe(1);
  });

  it("shares the pauses that the service asks for with all that are sent once by the same guard", () => {
    const newGuard = (): Guard => ({ begin: () => ({ admit: () => ({}), failed: (error) => ({ error }), end() {} }) });
    const guardOf = (guard: Guard) => sentOnce({ url: "http://127.0.0.1", guard }).guard;
    const guard = newGuard();
    expect(guardOf(guard)).toBe(guardOf(guard));
    expect(guardOf(guard)).not.toBe(guardOf(newGuard()));
  });
});
