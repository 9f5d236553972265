// What stands between the callers and a service that renews credentials and counts who is in.
import type { BesedaError } from "../errors.ts";
import type { RequestHeaders } from "./request.ts";

/** One for all requests with the same credentials. */
export interface Guard {
  begin(): Visit;
}

/** One request, from before its first attempt to the end of its reply. */
export interface Visit {
  /**
   * Before each attempt: the headers to add, such as a fresh token. May wait until there is room; an aborted signal then
   * throws its reason.
   */
  admit(signal: AbortSignal | undefined): RequestHeaders | Promise<RequestHeaders>;
  /**
   * An attempt or a reply has failed. `error` is what the caller is told, and goes by the retry policy but for `again`:
   * `now` is another attempt, uncounted, which `admit` holds back as long as it has to; `never` is none.
   */
  failed(error: BesedaError): { error: BesedaError; again?: "now" | "never" | undefined };
  /** Once, when the reply has ended or was left, or no further attempt is made. */
  end(): void;
}
