// A piece of what a user says as a part of a wire message: text, images, sounds and other files.
import { BesedaError, type FilePart, type UserPart } from "@beseda/core";
import type { ChatContentPart } from "./chat-wire.ts";
import type { Quirks } from "./quirks.ts";

/**
 * Images go by their address or whole; of sounds servers take WAV and MP3; a text becomes text, under its name; anything
 * else goes as a file.
 * @throws BesedaError `unsupported` for what the wire cannot carry, `invalid-argument` for an address that is none.
 */
export function toContentPart(part: UserPart, quirks: Quirks): ChatContentPart {
  if (part.type === "text") return { type: "text", text: part.text };
  if (part.type === "image") return { type: "image_url", image_url: { url: part.image } };
  const mediaType = part.mediaType.toLowerCase();
  if (mediaType.startsWith("image/")) return { type: "image_url", image_url: { url: part.file } };
  const bytes = bytesIn(part);
  if (mediaType.startsWith("audio/")) return toSound(part, mediaType, bytes);
  if (bytes && isText(mediaType)) {
    return { type: "text", text: `${part.name ? `${part.name}:\n` : ""}${bytes.toString("utf8")}` };
  }
  if (!bytes && !quirks.fetchesFiles) throw notFetched(part);
  return {
    type: "file",
    file: { filename: nameOf(part, mediaType), file_data: bytes ? whole(part, bytes) : part.file },
  };
}

const soundFormats: Record<string, "wav" | "mp3"> = {
  "audio/wav": "wav",
  "audio/wave": "wav",
  "audio/x-wav": "wav",
  "audio/mp3": "mp3",
  "audio/mpeg": "mp3",
};

function toSound(part: FilePart, mediaType: string, bytes: Buffer | undefined): ChatContentPart {
  const format = soundFormats[mediaType];
  if (!format) {
    throw new BesedaError(`A sound of the type ${part.mediaType} cannot be sent in a chat completion.`, {
      code: "unsupported",
      hint: "Convert it to WAV or MP3, or write down what is said in it first.",
    });
  }
  if (!bytes) throw notFetched(part);
  return { type: "input_audio", input_audio: { data: bytes.toString("base64"), format } };
}

/** What a `data:` URL holds; nothing for an address. */
function bytesIn({ file }: FilePart): Buffer | undefined {
  if (/^https?:\/\//i.test(file)) return undefined;
  const [, isBase64, content] = /^data:[^,]*?(;base64)?,(.*)$/is.exec(file) ?? [];
  try {
    if (content !== undefined)
      return Buffer.from(isBase64 ? content : decodeURIComponent(content), isBase64 ? "base64" : "utf8");
  } catch {}
  throw new BesedaError("A file in the message is neither a data: URL nor an http(s) address.", {
    code: "invalid-argument",
    hint: "Give its content as data:<media type>;base64,<content>.",
  });
}

function isText(mediaType: string): boolean {
  return /^text\/|^application\/(json|xml|yaml|x-yaml)\b|\+(json|xml)\b/.test(mediaType);
}

function nameOf({ name }: FilePart, mediaType: string): string {
  return name || `file.${/^[^/]+\/([a-z0-9]+)/.exec(mediaType)?.[1] ?? "bin"}`;
}

function whole({ mediaType }: FilePart, bytes: Buffer): string {
  return `data:${mediaType};base64,${bytes.toString("base64")}`;
}

function notFetched({ mediaType }: FilePart): BesedaError {
  return new BesedaError(`A file of the type ${mediaType} was given by its address, which the server does not fetch.`, {
    code: "unsupported",
    hint: "Download it, and give its content as a data: URL.",
  });
}
