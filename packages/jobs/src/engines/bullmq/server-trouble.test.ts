import { describe, expect, it } from "vitest";
import { isAway, refusalOf, troubleOf } from "./server-trouble.ts";

/** As ioredis throws it: the answer of Redis is the message. */
const redis = (answer: string) => new Error(answer);
const postgres = (code: string) => Object.assign(new Error("In words of Postgres."), { code });

describe("what a server answers", () => {
  it.each([
    [redis("WRONGPASS invalid username-password pair or user is disabled."), "unauthorized", false],
    [redis("NOAUTH Authentication required."), "unauthorized", false],
    [redis("NOPERM User app has no permissions to run the 'info' command"), "unauthorized", false],
    [redis("ERR DB index is out of range"), "invalid-argument", false],
    [redis("OOM command not allowed when used memory > 'maxmemory'."), "unavailable", true],
    [redis("ERR Error running script: @user_script:7: OOM command not allowed"), "unavailable", true],
    [redis("MISCONF Redis is configured to save RDB snapshots"), "unavailable", true],
    [postgres("28P01"), "unauthorized", false],
    [postgres("28000"), "unauthorized", false],
    [postgres("42501"), "unauthorized", false],
    [postgres("3D000"), "invalid-argument", false],
    [postgres("53300"), "unavailable", true],
  ])("is told in our words, with what to do: %s", (cause, code, isRetryable) => {
    const refusal = refusalOf(cause, "redis://host");
    expect(refusal).toMatchObject({ code, isRetryable, cause, message: expect.stringContaining("redis://host") });
    expect(refusal?.hint).toBeTruthy();
    expect(troubleOf(cause, "redis://host")).toEqual(refusal);
  });

  it("is no refusal where the server is away or starts, nor where it is not known", () => {
    for (const error of [postgres("ECONNREFUSED"), postgres("57P03"), redis("LOADING Redis is loading the dataset")]) {
      expect(refusalOf(error, "redis://host")).toBeUndefined();
      expect(isAway(error)).toBe(true);
      expect(troubleOf(error, "redis://host")).toMatchObject({ code: "unavailable", isRetryable: true });
    }
    expect(refusalOf(postgres("42P01"), "redis://host")).toBeUndefined();
    expect(isAway(postgres("42P01"))).toBe(false);
  });
});
