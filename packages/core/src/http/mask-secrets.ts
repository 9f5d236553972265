// Keeps what a request was authorised with out of the texts that people and logs read.
import type { BesedaError } from "../errors.ts";

const secretName = /authorization|cookie|(^|[-_])(key|token|secret|password)$|api-?key/i;

/** The values of the headers that carry credentials, with and without the scheme before them. */
export function secretsIn(headers: Readonly<Record<string, string>> | undefined): string[] {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(headers ?? {})) {
    // A shorter one is no secret, and masking it would make the text unreadable.
    if (secretName.test(name))
      secrets.push(...[value, value.replace(/^\S+\s+/, "")].filter((text) => text.length >= 4));
  }
  return secrets;
}

/** The same error with each secret in its texts replaced by `***`; the very same object where there is none. */
export function maskSecrets(error: BesedaError, secrets: readonly string[]): BesedaError {
  const message = masked(error.message, secrets);
  const hint = error.hint === undefined ? undefined : masked(error.hint, secrets);
  if (message === error.message && hint === error.hint) return error;
  // Without the cause: it says the same again.
  return error.with({ message, hint, cause: undefined });
}

function masked(text: string, secrets: readonly string[]): string {
  for (const secret of secrets) text = withoutBeginnings(text.replaceAll(secret, "***"), secret);
  return text;
}

/** Long texts are cut, with an ellipsis: before it the beginning of a secret may stand. */
function withoutBeginnings(text: string, secret: string): string {
  for (let end = text.indexOf("…"); end >= 0; end = text.indexOf("…", end + 1)) {
    for (let length = Math.min(end, secret.length - 1); length >= 4; length--) {
      if (!text.startsWith(secret.slice(0, length), end - length)) continue;
      text = `${text.slice(0, end - length)}***${text.slice(end)}`;
      end += 3 - length;
      break;
    }
  }
  return text;
}
