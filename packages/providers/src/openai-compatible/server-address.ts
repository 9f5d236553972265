// Where the server is and how it is spoken to: what the user typed, made usable once.
import { BesedaError } from "@beseda/core";

/** How to reach a server. */
export type ServerOptions = {
  /** Such as `https://api.openai.com/v1`, with or without a slash at the end. */
  baseURL: string;
  /** Sent as `Authorization: Bearer …`. Local servers need none. */
  apiKey?: string | undefined;
  /** Added to every request, over those that are set here. */
  headers?: Readonly<Record<string, string>> | undefined;
};

export type Server = { baseURL: URL; headers: Readonly<Record<string, string>> };

/** @throws BesedaError `invalid-argument` where the address is none. */
export function toServer({ baseURL, apiKey, headers }: ServerOptions): Server {
  const key = apiKey?.trim();
  // By names in one spelling, or the same header would go out twice.
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
  const own = { ...(key && { authorization: `Bearer ${key}` }) };
  return { baseURL: toUrl(baseURL), headers: { ...own, ...Object.fromEntries(given) } };
}

/** The address of an endpoint, such as `chat/completions`. */
export function endpoint({ baseURL }: Server, path: string): string {
  const url = new URL(baseURL);
  // A URL has a path at least of a slash.
  url.pathname = `${url.pathname.replace(/\/$/, "")}/${path}`;
  return url.href;
}

function toUrl(baseURL: string): URL {
  let url: URL | undefined;
  try {
    url = new URL(baseURL.trim());
  } catch {}
  if (!url || !/^https?:$/.test(url.protocol)) {
    // Not repeated: now and then it is the key, put in the wrong place.
    throw new BesedaError("The base URL is not the address of a server.", {
      code: "invalid-argument",
      hint: "Give the whole of it, such as https://api.openai.com/v1 or http://localhost:11434/v1.",
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new BesedaError("The base URL holds a name or a password, which would not be sent.", {
      code: "invalid-argument",
      hint: 'Leave them out of it, and pass headers: { authorization: "Basic …" }.',
    });
  }
  // People copy the address of the endpoint too.
  url.pathname = url.pathname.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
  return url;
}
