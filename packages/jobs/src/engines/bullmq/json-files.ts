// JSON in write-once files: of several writers of one name the first one wins, and that is the only lock there is.
import { BesedaError, type JobFiles, type JsonValue } from "@beseda/core";

/** `false` where there is such a file already, which stays as it is. */
export function putJson(files: JobFiles, name: string, value: JsonValue): Promise<boolean> {
  return files.put(name, [Buffer.from(JSON.stringify(value))]);
}

/** @throws BesedaError `damaged` for a file that is no JSON */
export async function getJson(files: JobFiles, name: string): Promise<JsonValue | undefined> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of files.get(name)) pieces.push(piece);
  } catch (error) {
    if (error instanceof BesedaError && error.code === "not-found") return undefined;
    throw error;
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch (cause) {
    throw new BesedaError(`The file ${name} of the job engine is no JSON.`, {
      code: "damaged",
      hint: "Restore it from a copy, or delete the job that it belongs to.",
      cause,
    });
  }
}

/** The files of a list, in its order, some of them read at once. */
export async function* getEach(
  files: JobFiles,
  names: readonly string[],
): AsyncGenerator<[string, JsonValue | undefined]> {
  for (let at = 0; at < names.length; at += readAtOnce) {
    const some = names.slice(at, at + readAtOnce);
    const values = await Promise.all(some.map((name) => getJson(files, name)));
    for (const [index, name] of some.entries()) yield [name, values[index]];
  }
}

export const readAtOnce = 16;
