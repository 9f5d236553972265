// A file to a service that takes it as a form: multipart/form-data, read from the disk as the socket takes it.
import { maskSecrets, secretsIn } from "./mask-secrets.ts";
import { aboutReply, errorInBody, wrongContent } from "./reply-error.ts";
import { piecesOf, Transfer, type TransferOptions } from "./transfer.ts";

export type FilePost = TransferOptions & {
  /** Sent before the file. */
  fields: Readonly<Record<string, string>>;
  /** The name of its field is `file`. `size` in bytes: it must not change meanwhile. */
  file: { path: string; size: number; name: string; mediaType: string };
};

/**
 * One POST of the form; resolves to the JSON of the reply.
 * @throws BesedaError as `upload`; `bad-response` for a reply that is not JSON, and the error that it holds, where it holds one
 */
export async function postFile(url: string, { fields, file, ...options }: FilePost): Promise<unknown> {
  const boundary = `beseda-${crypto.randomUUID()}`;
  const head = Buffer.from(headOf(boundary, fields, file));
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`);
  const headers = {
    "content-type": `multipart/form-data; boundary=${boundary}`,
    "content-length": `${head.length + file.size + tail.length}`,
  };
  const transfer = new Transfer(new URL(url), options);
  async function* form() {
    yield head;
    yield* piecesOf({ file: file.path, start: 0, end: file.size }, transfer);
    yield tail;
  }
  await transfer.begin("POST", headers, form());
  const reads: Buffer[] = [];
  for await (const bytes of transfer.read()) reads.push(bytes);
  const reply = { url: new URL(url), status: transfer.status, headers: transfer.headers };
  const secrets = secretsIn(options.headers);
  const text = Buffer.concat(reads).toString();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw maskSecrets(wrongContent(reply, text), secrets);
  }
  const error = errorInBody(body);
  if (error) throw maskSecrets(aboutReply(error, reply), secrets);
  return body;
}

function headOf(boundary: string, fields: FilePost["fields"], { name, mediaType }: FilePost["file"]): string {
  let head = "";
  for (const [field, value] of Object.entries(fields)) {
    head += `--${boundary}\r\ncontent-disposition: form-data; name="${quoted(field)}"\r\n\r\n${value}\r\n`;
  }
  const disposition = `content-disposition: form-data; name="file"; filename="${quoted(name)}"`;
  return `${head}--${boundary}\r\n${disposition}\r\ncontent-type: ${mediaType}\r\n\r\n`;
}

/** As browsers write names in a form. */
function quoted(text: string): string {
  return text.replaceAll('"', "%22").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
