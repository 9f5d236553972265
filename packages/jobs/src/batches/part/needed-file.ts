// A file of a batch that nothing can be done without: where it is lost, that is said with what to do.
import { type JobFiles, toBesedaError } from "@beseda/core";

/** @throws BesedaError `not-found` */
export async function* neededFile(files: JobFiles, name: string): AsyncGenerator<Uint8Array> {
  try {
    yield* files.get(name);
  } catch (thrown) {
    const error = toBesedaError(thrown);
    throw error.code === "not-found" ? error.with({ hint: lostHint }) : thrown;
  }
}

const lostHint =
  "The folder of the jobs was changed from outside. Put this file back, then go on: resume: true (--resume); all that is answered is kept. Without it the batch can only begin anew: cancel it, then overwrite: true (--overwrite).";
