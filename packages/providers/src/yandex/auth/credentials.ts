// Who we are to the service.

/** One for all calls of a connection, so that a token is fetched once for all of them. */
export interface Credentials {
  /**
   * The value of the header `authorization` (in gRPC: of the metadata key). May wait until a token has been fetched. An
   * aborted signal says that the caller waits no more.
   */
  authorization(signal?: AbortSignal): string | Promise<string>;
  /**
   * The service has refused this value. `true` where another one can be had, or is there already: then `authorization()`
   * gives it, fetched once for everybody.
   */
  refused(authorization: string): boolean;
}

/** A key or a token that was given and is not renewed. */
export function fixedCredentials(authorization: string): Credentials {
  return { authorization: () => authorization, refused: () => false };
}
