// What keeps a server of queues from doing what it is asked: it refuses, or it is away. In our words, with what to do.
import { BesedaError, type ErrorCode } from "@beseda/core";

type Refusal = { is: RegExp; code: ErrorCode; says: string; hint: string; isRetryable?: true };

/** Known by the code of Postgres (SQLSTATE), or by the word with which Redis begins its answer. */
const refusals: readonly Refusal[] = [
  {
    is: /^28|\b(WRONGPASS|NOAUTH)\b/,
    code: "unauthorized",
    says: "does not accept the user or the password",
    hint: "Correct them in the address, such as redis://user:password@host:6379, each with its special characters encoded (encodeURIComponent).",
  },
  {
    is: /^42501|\bNOPERM\b/,
    code: "unauthorized",
    says: "does not let this user do what the engine needs",
    hint: "On Redis allow the user all commands, all channels and the keys that begin with the prefix (ACL SETUSER); on Postgres to create the schema (GRANT CREATE ON DATABASE), or make the user its owner.",
  },
  {
    is: /^3D000|\bDB index is out of range\b/,
    code: "invalid-argument",
    says: "has no such database",
    hint: "Make it, or correct its name at the end of the address.",
  },
  {
    is: /\bOOM command\b/,
    code: "unavailable",
    says: "has no memory left",
    hint: "Give Redis more of it (maxmemory), or delete what else is kept there.",
    isRetryable: true,
  },
  {
    is: /\bMISCONF\b/,
    code: "unavailable",
    says: "cannot write to its disk",
    hint: "Look into the log of Redis, and make room.",
    isRetryable: true,
  },
  {
    is: /^53300/,
    code: "unavailable",
    says: "takes no more connections",
    hint: "Raise its max_connections, or put PgBouncer's session mode before it: each engine takes up to 6.",
    isRetryable: true,
  },
];

/** Nothing for what is no refusal that is known. `place` is how the server is named, without its password. */
export function refusalOf(error: unknown, place: string): BesedaError | undefined {
  if (!(error instanceof Error) || error instanceof BesedaError) return undefined;
  const refusal = refusals.find(({ is }) => is.test(codeOf(error) || error.message));
  if (!refusal) return undefined;
  const { says, ...details } = refusal;
  return new BesedaError(`The server of the job queue at ${place} ${says}.`, { ...details, cause: error });
}

/** In the words of Node's sockets, of ioredis, of pg and of the servers themselves while they start and stop. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof BesedaError) return false;
  if (/^(ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|57P0|08)/.test(codeOf(error))) return true;
  const words =
    /Connection is closed|Connection terminated|Stream isn't writeable|max retries per request|LOADING|MASTERDOWN|READONLY|starting up|shutting down|not queryable|ECONN/i;
  return words.test(error.message);
}

/** What to tell whoever has waited for it: `error` is the last that was heard of it, if anything was. */
export function troubleOf(error: unknown, place: string): BesedaError {
  const code = error instanceof Error ? codeOf(error) : "";
  const unreachable = `The server of the job queue at ${place} cannot be reached${code && ` (${code})`}.`;
  return (
    refusalOf(error, place) ??
    new BesedaError(unreachable, {
      code: "unavailable",
      hint: "Is it running, and can it be reached from here?",
      isRetryable: true,
      cause: error,
    })
  );
}

function codeOf(error: Error): string {
  return "code" in error ? String(error.code) : "";
}
