// Keeps secrets out of recordings. Each is replaced by stars, one for each character, so that nothing shifts.
import type { JsonValue } from "../message.ts";

const secretNames =
  "authorization|(?:x-)?api[-_]?key|(?:access|refresh|id|auth)[-_]?token|client[-_]?secret|secret|password|cookie";

/** What keys and tokens look like, by the prefixes that services give them. */
const keyLike = new RegExp(
  [
    // OpenAI, Anthropic, DeepSeek, OpenRouter, Stripe
    "\\b[spr]k[-_][A-Za-z0-9_-]{16,}",
    // Slack, GitHub, Hugging Face, Groq, GitLab, Tavily
    "\\b(?:xox[a-z]-|xapp-|gh[opsru]_|github_pat_|hf_|gsk_|glpat-|tvly-)[A-Za-z0-9_-]{10,}",
    // AWS, Google
    "\\b(?:AKIA|ASIA)[A-Z0-9]{16}\\b",
    "\\bAIza[A-Za-z0-9_-]{30,}",
    // Yandex Cloud: API keys, IAM tokens, OAuth tokens
    "\\bAQVN[A-Za-z0-9_-]{20,}",
    "\\bt1\\.[A-Za-z0-9_-]{10,}={0,2}\\.[A-Za-z0-9_-]{20,}={0,2}",
    "\\by[0-3]_[A-Za-z0-9_-]{30,}",
    // Telegram bots, JSON Web Tokens
    "\\b\\d{6,}:AA[A-Za-z0-9_-]{30,}",
    "\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*",
    // what stands behind the name of a scheme, of a query parameter, or before the host of an address
    "(?<=\\b(?:Bearer|Basic|Api-Key)\\s+)[A-Za-z0-9._~+/=-]{8,}",
    "(?<=[?&](?:api[-_]?key|key|token|access_token|secret|password)=)[^&\\s\"'#]+",
    "(?<=://[^\\s/:@]*:)[^\\s/@]+(?=@)",
    // in JSON that is a text itself, such as the arguments of a call
    `(?<=\\\\*"(?:${secretNames})\\\\*"\\s*:\\s*\\\\*")[^"\\\\]+`,
  ].join("|"),
  "g",
);
const secretField = new RegExp(`^(?:${secretNames})$`, "i");

/** `secrets` are those that are known, such as the key of the request. */
export function scrubText(text: string, secrets: readonly string[] = []): string {
  let scrubbed = text;
  for (const secret of secrets) scrubbed = scrubbed.replaceAll(secret, stars);
  return scrubbed.replace(keyLike, stars);
}

/** Texts that follow each other: a secret may begin in one and end in another. */
export function scrubPieces(pieces: readonly string[], secrets: readonly string[] = []): string[] {
  const whole = scrubText(pieces.join(""), secrets);
  let at = 0;
  return pieces.map((piece) => {
    at += piece.length;
    return whole.slice(at - piece.length, at);
  });
}

/** Every text in it, and whole whatever a field called `password`, `api_key` and the like holds. */
export function scrubJson(value: JsonValue, secrets: readonly string[] = []): JsonValue {
  if (typeof value === "string") return scrubText(value, secrets);
  if (Array.isArray(value)) return value.map((each) => scrubJson(each, secrets));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      secretField.test(name) ? starred(each) : scrubJson(each, secrets),
    ]),
  );
}

/** Everything in it but its shape. */
function starred(value: JsonValue): JsonValue {
  if (typeof value === "string") return stars(value);
  if (Array.isArray(value)) return value.map(starred);
  if (typeof value !== "object" || value === null) return value === null ? null : "***";
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, starred(each)]));
}

function stars(secret: string): string {
  return "*".repeat(secret.length);
}
