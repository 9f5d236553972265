// The error that a body of HTTP 200, or a line of a stream, is.
import type { BesedaError } from "@beseda/core";
import { errorInBody } from "@beseda/core/http";

/** Also the general shape of Yandex Cloud, which has no `error` around it: `{code: 16, message: "…", details: […]}`. */
export function errorOf(body: unknown): BesedaError | undefined {
  const { code, message } = (body ?? {}) as { code?: unknown; message?: unknown };
  const isBare = typeof code === "number" && code > 0 && typeof message === "string";
  return errorInBody(body) ?? (isBare ? errorInBody({ error: body }) : undefined);
}
