// The first line of a thread's file: whose it is, and in which version of the messages.
import { BesedaError, messageFormat } from "@beseda/core";
import { isRecord } from "../stored-message.ts";
import { parseSealed, sealJson, Unreadable } from "./sealed-json.ts";

const format = "beseda-thread";

export type ThreadHeader = { threadId: string; createdAt: string };

export function headerLine({ threadId, createdAt }: ThreadHeader): string {
  return `${sealJson(JSON.stringify({ format, version: messageFormat, threadId, createdAt }))}\n`;
}

/**
 * @throws Unreadable
 * @throws BesedaError `unsupported` for a version that is newer than ours
 */
export function parseHeader(bytes: Buffer, path: string): ThreadHeader {
  const header = parseSealed(bytes);
  if (!isRecord(header) || header.format !== format || typeof header.version !== "number") {
    throw new Unreadable("its first line does not say what it is");
  }
  if (header.version > messageFormat) throw newerFormat(path, header.version, messageFormat);
  const { threadId, createdAt } = header;
  if (typeof threadId !== "string" || typeof createdAt !== "string") {
    throw new Unreadable("its first line does not say whose it is");
  }
  return { threadId, createdAt };
}

export function newerFormat(path: string, version: number, ours: number): BesedaError {
  return new BesedaError(
    `${path} was written by a newer Beseda: it has format ${version}, and this one reads ${ours}.`,
    {
      code: "unsupported",
      hint: "Update the @beseda packages, or choose another folder. The file was left as it is.",
    },
  );
}
