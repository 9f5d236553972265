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
  // The password ends too soon, and the rest of it would be taken for a database and told.
  if (/@/.test(url.pathname + url.search + url.hash)) {
    throw new BesedaError("The connection of bullmqEngine has an @ behind the host.", {
      code: "invalid-argument",
      hint: "Encode user, password and what stands behind the host (encodeURIComponent): / is %2F, ? is %3F, # is %23, @ is %40.",
    });
  }
  if (kind === "postgres") requireSchema(prefix);
  return {
    kind,
    url: connection,
    prefix,
    place: `${url.protocol}//${url.host}${kind === "postgres" ? url.pathname : ""}`,
  };
}

function requireSchema(prefix: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_$]{0,62}$/.test(prefix)) return;
  throw new BesedaError(`The prefix "${prefix}" cannot be the name of a schema in Postgres.`, {
    code: "invalid-argument",
    hint: "Write up to 63 letters, digits, _ and $, of which the first is a letter or _.",
  });
}
