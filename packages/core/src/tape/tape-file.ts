// A recording on disk: a line that says what it is, then a line of JSON for each request and its reply.
import { BesedaError } from "../errors.ts";
import type { JsonValue } from "../message.ts";

/** `model` holds events of the LanguageModel port, `wire` bytes of HTTP. */
export type TapeKind = "model" | "wire";

export type TapeEntry<Reply> = { request: JsonValue; reply: Reply };

/** By what a file is known again: another one in its place differs in at least one of them. */
export type FileMark = `${bigint} ${bigint} ${bigint}` | "none";

const version = 1;

/** @throws BesedaError `damaged`, `unsupported` for a newer format, `invalid-argument` where there is none of this kind. */
export async function readTape<Reply>(file: string, kind: TapeKind): Promise<TapeEntry<Reply>[]> {
  const [head, ...lines] = (await contentOf(file)).split("\n");
  const header = parsed(file, head ?? "", 1) as { beseda?: string; version?: number };
  if (header?.beseda !== `${kind}-tape`) {
    throw otherKind(file, header?.beseda ?? "none at all");
  }
  if (header.version !== version) {
    throw new BesedaError(`${file} has the format ${header.version}; this version of Beseda reads ${version}.`, {
      code: "unsupported",
      hint: "Update Beseda, or record anew.",
    });
  }
  return lines.flatMap((line, index) => (line === "" ? [] : [parsed(file, line, index + 2) as TapeEntry<Reply>]));
}

/**
 * Puts the whole recording in the place of the file, all at once; gives the mark of the new one.
 * @throws BesedaError `locked` where the file is not the one marked `before`: somebody else records to it.
 */
export async function writeTape(
  file: string,
  kind: TapeKind,
  { entries, before }: { entries: readonly TapeEntry<unknown>[]; before: FileMark },
): Promise<FileMark> {
  const { mkdir, writeFile, rename, link, rm } = await import("node:fs/promises");
  const { dirname } = await import("node:path");
  const lines = [{ beseda: `${kind}-tape`, version }, ...entries].map((line) => `${JSON.stringify(line)}\n`);
  const draft = `${file}.${crypto.randomUUID()}.tmp`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(draft, lines.join(""));
    if ((await markOf(file)) !== before) throw recordedElsewhere(file);
    // A link is refused where a file has come up meanwhile; a rename would replace it.
    if (before === "none") await link(draft, file);
    else await rename(draft, file);
  } catch (error) {
    throw error instanceof Error && "code" in error && error.code === "EEXIST" ? recordedElsewhere(file) : error;
  } finally {
    await rm(draft, { force: true });
  }
  return markOf(file);
}

export async function markOf(file: string): Promise<FileMark> {
  const { stat } = await import("node:fs/promises");
  try {
    const { ino, size, mtimeNs } = await stat(file, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    if (isMissing(error)) return "none";
    throw error;
  }
}

async function contentOf(file: string): Promise<string> {
  const { readFile } = await import("node:fs/promises");
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new BesedaError(`There is no recording ${file}.`, {
      code: "invalid-argument",
      hint: 'Record it once with mode: "record", and keep the file with the tests.',
    });
  }
}

function parsed(file: string, line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new BesedaError(`Line ${number} of the recording ${file} is not JSON.`, {
      code: "damaged",
      hint: "Restore the file, or delete it and record anew.",
      cause,
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

export function otherKind(file: string, kind: string): BesedaError {
  return new BesedaError(`${file} is a recording of another kind (${kind}).`, {
    code: "invalid-argument",
    hint: "Give recorded() and wireRecorder() a file each.",
  });
}

function recordedElsewhere(file: string): BesedaError {
  return new BesedaError(`Somebody else has written to ${file} while it was recorded to.`, {
    code: "locked",
    hint: "Give each process that records a file of its own.",
  });
}
