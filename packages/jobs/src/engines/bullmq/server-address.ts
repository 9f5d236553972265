// Which server a connection names: Redis or Postgres, from one address.
import { BesedaError } from "@beseda/core";

/**
 * `prefix` is before every key of Redis, and the schema on Postgres. `place` is the address for people: no user, no
 * password.
 */
export type ServerAddress = { kind: "redis" | "postgres"; url: string; prefix: string; place: string };

const kinds: Record<string, ServerAddress["kind"]> = {
  "redis:": "redis",
  "rediss:": "redis",
  "postgres:": "postgres",
  "postgresql:": "postgres",
};

/** @throws BesedaError `invalid-argument`, without the address, which may hold a password */
export function serverAddress(connection: string, prefix: string): ServerAddress {
  const url = URL.canParse(connection) ? new URL(connection) : undefined;
  const kind = url && kinds[url.protocol];
  if (!url || !kind) {
    throw new BesedaError("The connection of bullmqEngine is no address of Redis or of Postgres.", {
      code: "invalid-argument",
      hint: "Write redis://host:6379, rediss://… for TLS, or postgres://user:password@host:5432/database.",
    });
  }
  return {
    kind,
    url: connection,
    prefix,
    place: `${url.protocol}//${url.host}${kind === "postgres" ? url.pathname : ""}`,
  };
}
