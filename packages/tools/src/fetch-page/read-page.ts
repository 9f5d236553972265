// A page of the public internet as text: asked for behind the guard, decoded, and laid out. Loaded with the first page.
import { BesedaError } from "@beseda/core";
import { type SafeFetchOptions, safeFetch } from "@beseda/core/http";
import { decodeText } from "./decode-text.ts";
import { htmlToText, type PageText } from "./html-to-text.ts";
import { isPublicAddress } from "./public-address.ts";

export type ReadPageOptions = Pick<SafeFetchOptions, "signal" | "lookup"> & {
  allowHosts: readonly string[];
  ports: readonly number[];
  maxChars: number;
  maxBytes: number;
  timeoutMs: number;
};

/** @throws BesedaError, as `safeFetch` does. */
export async function readPage(address: string, options: ReadPageOptions): Promise<PageText & { url: string }> {
  const { allowHosts, maxChars, ...limits } = options;
  const hosts = new Set(allowHosts.map((host) => host.toLowerCase()));
  const { url, contentType, body } = await safeFetch(address, {
    ...limits,
    allowAddress: (ip, hostname) => hosts.has(hostname) || isPublicAddress(ip),
    allowType: (mediaType) => html.test(mediaType) || plain.test(mediaType),
    headers: {
      accept: "text/html,application/xhtml+xml,text/plain,application/json,application/xml;q=0.9",
      "accept-language": "ru,en;q=0.8",
      "user-agent": "Mozilla/5.0 (compatible; Beseda)",
    },
  });
  const source = decodeText(body, contentType);
  // A NUL is the sign of a picture or a program that was called text.
  if (source.includes("\0")) throw new BesedaError("The page is not text.", { code: "unsupported" });
  if (html.test(mediaTypeOf(contentType))) return { url, ...htmlToText(source, url, maxChars) };
  return { url, title: "", text: source.slice(0, maxChars).trim(), isCut: source.length > maxChars };
}

const html = /^(?:text\/html|application\/xhtml\+xml)$/;
const plain = /^(?:text\/(?:plain|markdown|csv|xml)|application\/(?:json|xml|[\w.-]+\+(?:json|xml)))$/;

function mediaTypeOf(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}
