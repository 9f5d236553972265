// A form with a file as RFC 7578 has it, read strictly: whatever is not as it should be is refused.
import { Refusal } from "./refusal.ts";

export type Form = { fields: Record<string, string>; file: { name: string; content: Buffer } };

/** @throws Refusal 400 */
export function readForm(contentType: string | undefined, body: Buffer): Form {
  const [, boundary] =
    /^multipart\/form-data; ?boundary=("?)([\w'()+,./:=? -]{1,70})\1$/.exec(contentType ?? "")?.slice(1) ?? [];
  if (boundary === undefined) throw new Refusal(400, "Content-Type must be multipart/form-data with a boundary");
  const fields: Record<string, string> = {};
  let file: Form["file"] | undefined;
  for (const part of partsOf(body, boundary)) {
    const { name, filename, content } = readPart(part);
    if (name in fields || (name === "file" && file)) throw new Refusal(400, `Duplicate field: '${name}'`);
    if (filename === undefined) fields[name] = content.toString();
    else if (name === "file") file = { name: filename, content };
    else throw new Refusal(400, `Unexpected file: '${name}'`);
  }
  if (!file) throw new Refusal(400, "'file' is a required property", { param: "file" });
  return { fields, file };
}

function partsOf(body: Buffer, boundary: string): Buffer[] {
  const opening = Buffer.from(`--${boundary}\r\n`);
  if (!body.subarray(0, opening.length).equals(opening))
    throw new Refusal(400, "The form does not begin with its boundary");
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: Buffer[] = [];
  for (let from = opening.length; ; ) {
    const end = body.indexOf(delimiter, from);
    if (end < 0) throw new Refusal(400, "The form does not end with its boundary");
    parts.push(body.subarray(from, end));
    const after = body.toString("latin1", end + delimiter.length, end + delimiter.length + 2);
    from = end + delimiter.length + 2;
    if (after === "--") {
      if (body.toString("latin1", from).trim() !== "") throw new Refusal(400, "Something follows the form");
      return parts;
    }
    if (after !== "\r\n") throw new Refusal(400, "A boundary is not followed by the end of its line");
  }
}

function readPart(part: Buffer): { name: string; filename: string | undefined; content: Buffer } {
  const end = part.indexOf("\r\n\r\n");
  if (end < 0) throw new Refusal(400, "A part of the form has no headers");
  const headers = part.toString("utf8", 0, end).split("\r\n");
  const disposition = headers.find((header) => /^content-disposition:/i.test(header));
  const [, name, , filename] = /: form-data; name="([^"]*)"(; filename="([^"]*)")?$/.exec(disposition ?? "") ?? [];
  if (name === undefined) throw new Refusal(400, "A part of the form has no name");
  return { name, filename, content: part.subarray(end + 4) };
}
