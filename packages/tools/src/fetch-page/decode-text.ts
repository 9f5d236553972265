// Bytes of a page to text, in the encoding that it says it has.
import { windows1252 } from "./windows-1252.ts";

const peekBytes = 1024;

/** Asks the byte order mark, then the content type, then the page's own head; otherwise UTF-8. Never throws. */
export function decodeText(bytes: Uint8Array, contentType: string): string {
  const decoder = new TextDecoder(encodingOf(bytes, contentType));
  const text = decoder.decode(bytes);
  // Node 20 and 22 decode it as Latin-1.
  return decoder.encoding === "windows-1252" ? windows1252(text) : text;
}

function encodingOf(bytes: Uint8Array, contentType: string): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return "utf-8";
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, peekBytes));
  const named =
    /charset\s*=\s*["']?([\w:-]+)/i.exec(contentType)?.[1] ??
    /<meta\b[^>]*\bcharset\s*=\s*["']?([\w:-]+)/i.exec(head)?.[1] ??
    /^\s*<\?xml\b[^>]*\bencoding\s*=\s*["']([\w:-]+)/i.exec(head)?.[1];
  return named && isEncoding(named) ? named : "utf-8";
}

function isEncoding(label: string): boolean {
  try {
    new TextDecoder(label);
    return true;
  } catch {
    return false;
  }
}
