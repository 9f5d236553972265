import { describe, expect, it } from "vitest";
import { serverAddress } from "./server-address.ts";

const refusalOf = (connection: string, prefix = "beseda") => {
  try {
    serverAddress(connection, prefix);
  } catch (error) {
    return error as Error & { code: string; hint: string };
  }
  throw new Error(`${connection} was taken.`);
};

describe("the address of a server", () => {
  it("is told to people without user and password", () => {
    const of = (connection: string) => serverAddress(connection, "beseda").place;
    expect(of("redis://user:pass%2Fword%40@host:6379/2")).toBe("redis://host:6379");
    expect(of("postgres://user:p%40ss@host/database?sslmode=require")).toBe("postgres://host/database");
  });

  it.each(["/", "#", "?"])("is refused, and not told, where a password has a %s that is not encoded", (character) => {
    for (const kind of ["redis", "postgres"]) {
      const { code, message, hint } = refusalOf(`${kind}://user:42${character}topsecret@db.internal/prod`);
      expect(code).toBe("invalid-argument");
      expect(message + hint).not.toMatch(/topsecret|42/);
      expect(hint).toContain("encodeURIComponent");
    }
  });

  it("takes a prefix that can be a schema, on Postgres", () => {
    for (const prefix of ["my-jobs", "1st", "", "a".repeat(64)]) {
      expect(refusalOf("postgres://host/database", prefix).code).toBe("invalid-argument");
      expect(serverAddress("redis://host", prefix).prefix).toBe(prefix);
    }
    expect(serverAddress("postgres://host/database", "_Jobs$2").prefix).toBe("_Jobs$2");
  });
});
